/** Debian's Chromium, without a network: what a page asks for beyond itself is refused and written down. */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core"

export interface Opened {
  page: Page
  /** Whatever went wrong or went out: console messages, exceptions, requests that are not the file. */
  complaints: string[]
  close(): Promise<void>
}

export interface Chromium {
  /** Writes the document to a file and opens that. */
  open(document: string, options?: BrowserContextOptions): Promise<Opened>
  close(): Promise<void>
}

async function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  })
}

export async function startChromium(): Promise<Chromium> {
  const browser = await launch()
  const directory = await mkdtemp(join(tmpdir(), "torrent-audit-"))
  let files = 0
  return {
    async open(document, options = {}) {
      const file = join(directory, `${files++}.html`)
      await writeFile(file, document)
      const url = pathToFileURL(file).href
      const context = await browser.newContext({ ...options, offline: true })
      const page = await context.newPage()
      const complaints: string[] = []
      page.on("console", (message) => complaints.push(`console ${message.type()}: ${message.text()}`))
      page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`))
      page.on("dialog", (dialog) => {
        complaints.push(`dialog: ${dialog.message()}`)
        void dialog.dismiss()
      })
      page.on("popup", () => complaints.push("a window opened"))
      page.on("request", (request) => {
        if (request.url() !== url) complaints.push(`request: ${request.url()}`)
      })
      await page.goto(url)
      return { page, complaints, close: () => context.close() }
    },
    async close() {
      await browser.close()
      await rm(directory, { recursive: true })
    },
  }
}

/** axe-core's own source: put into the page from outside, past its policy. */
export const axeFile = createRequire(import.meta.url).resolve("axe-core/axe.min.js")
