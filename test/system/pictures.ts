/**
 * The pictures of the README, made from the demo: the terminal at 80 and 120 columns, the report in both themes; and the page of a
 * fleet that is made up.
 *
 *   node test/system/pictures.ts [FOLDER]
 *
 * The terminal is a real one (xterm.js) that gets the bytes which the command line prints; Chromium draws both.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { chromium, type Browser } from "playwright-core"
import { renderOverview } from "../../src/render/overview.ts"
import { at, largeFleet } from "../render/fleet-statuses.ts"

const root = join(import.meta.dirname, "..", "..")
const folder = process.argv[2] ?? join(root, "fixtures", "pictures")
const cli = join(root, "bin", "torrent-audit.js")
const require = createRequire(import.meta.url)

/** Dots of the screen for each of the page: sharp also where a page is read enlarged. */
const sharpness = 1.5

function run(words: readonly string[], environment: NodeJS.ProcessEnv): string {
  const ran = spawnSync(process.execPath, [cli, ...words], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], LANG: "C.UTF-8", FORCE_COLOR: "1", ...environment },
    maxBuffer: 2 ** 28,
  })
  // The demo's swarm lies, and so the report warns.
  if (ran.status === null || ran.status > 3) throw new Error(`${words.join(" ")}: ${ran.stderr}`)
  return ran.stdout
}

/** What this text looks like in a terminal of so many columns. */
async function terminal(browser: Browser, text: string, columns: number, file: string): Promise<void> {
  const page = await browser.newPage({
    deviceScaleFactor: sharpness,
    viewport: { width: 1600, height: 1200 },
  })
  await page.setContent(`<style>body { margin: 0 } #frame { display: inline-block; padding: 18px 20px; background: #101418 }</style>
    <div id="frame"><div id="terminal"></div></div>`)
  await page.addStyleTag({ path: require.resolve("@xterm/xterm/css/xterm.css") })
  await page.addScriptTag({ path: require.resolve("@xterm/xterm") })
  const lines = text.trimEnd().split("\n")
  await page.evaluate(
    async ({ cols, rows, data }) => {
      const { Terminal } = globalThis as unknown as { Terminal: new (options: object) => Xterm }
      interface Xterm {
        open(element: unknown): void
        write(data: string, done: () => void): void
      }
      const theme = {
        background: "#101418",
        foreground: "#d5dbe1",
        red: "#ff7b72",
        green: "#7ee787",
        yellow: "#f2cc60",
        cursor: "#101418",
        cursorAccent: "#101418",
      }
      const fontFamily = "'DejaVu Sans Mono', monospace"
      const xterm = new Terminal({
        cols,
        rows,
        theme,
        fontFamily,
        fontSize: 14,
        lineHeight: 1.15,
        convertEol: true,
      })
      xterm.open(
        (
          globalThis as unknown as { document: { getElementById(id: string): unknown } }
        ).document.getElementById("terminal"),
      )
      await new Promise<void>((done) => xterm.write(data, done))
      await new Promise((done) => setTimeout(done, 300))
    },
    { cols: columns, rows: lines.length, data: lines.join("\n") },
  )
  await page.locator("#frame").screenshot({ path: file })
  await page.close()
}

async function report(browser: Browser, html: string, theme: "light" | "dark", file: string): Promise<void> {
  const page = await browser.newPage({
    colorScheme: theme,
    viewport: { width: 1200, height: 2500 },
  })
  await page.goto(`file://${html}`)
  await page.screenshot({ path: file })
  await page.close()
}

async function overview(
  browser: Browser,
  html: string,
  theme: "light" | "dark",
  file: string,
): Promise<void> {
  const page = await browser.newPage({ colorScheme: theme, viewport: { width: 1280, height: 1000 } })
  await page.clock.setFixedTime(new Date(at))
  await page.goto(`file://${html}`)
  await page.screenshot({ path: file })
  await page.close()
}

const home = mkdtempSync(join(tmpdir(), "torrent-audit-pictures-"))
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] })
try {
  mkdirSync(folder, { recursive: true })
  const [snapshot, html] = [join(home, "demo.json"), join(home, "demo.html")]
  const state = { HOME: home, XDG_STATE_HOME: home }
  run(["demo", "-o", snapshot, "-o", html, "--redact", "none"], state)
  for (const columns of [80, 120]) {
    const text = run(["report", snapshot, "--redact", "none"], { ...state, COLUMNS: String(columns) })
    await terminal(browser, text, columns, join(folder, `terminal-${columns}.png`))
  }
  const fleet = join(home, "fleet.html")
  writeFileSync(fleet, renderOverview(largeFleet(), { version: "0.1.0" }))
  for (const theme of ["light", "dark"] as const) {
    await report(browser, html, theme, join(folder, `report-${theme}.png`))
    await overview(browser, fleet, theme, join(folder, `overview-${theme}.png`))
  }
  console.log(readFileSync(snapshot).length, "bytes of snapshot;", folder)
} finally {
  await browser.close()
  rmSync(home, { recursive: true })
}
