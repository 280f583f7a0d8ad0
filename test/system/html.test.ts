/** The report in a real browser: both themes, every width, by keyboard, on paper, with a hostile swarm. */
import { readFile } from "node:fs/promises"
import type { AxeResults } from "axe-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import { evidence as evidenceSchema } from "../../src/evidence.ts"
import { renderHtml } from "../../src/render/html.ts"
import { renderMergedHtml } from "../../src/render/merged-html.ts"
import type { Snapshot } from "../../src/report.ts"
import { poisoned } from "../render/html-hostile-snapshots.ts"
import { deadTracker, onePiece, scraped } from "../render/html-odd-snapshots.ts"
import { auditsBefore, crowd } from "../render/html-snapshots.ts"
import { nobodyAnywhere, poisonedPlaces, threePlaces } from "../render/merged-documents.ts"
import { snapshot } from "../render/snapshots.ts"
import { axeFile, startChromium, type Chromium, type Opened } from "./chromium.ts"

const recorded = async (name: string): Promise<Snapshot> => {
  const file = new URL(`../../fixtures/swarms/${name}/evidence.json`, import.meta.url)
  return snapshotOf(evidenceSchema.parse(JSON.parse(await readFile(file, "utf8"))))
}

const draw = (drawn: Snapshot, audits = 0): string =>
  renderHtml(drawn, {
    history: auditsBefore(drawn, audits),
    commandLine: "torrent-audit x.torrent -o report.html",
  })

const pages: Record<string, string> = {}
let chromium: Chromium
beforeAll(async () => {
  Object.assign(pages, {
    crowd: draw(crowd(), 130),
    "small crowd": draw(crowd(16, 48), 12),
    recorded: draw(await recorded("mixed"), 3),
    poisoned: draw(poisoned(), 5),
    "dead tracker": draw(deadTracker()),
    scrape: draw(scraped()),
    "one piece": draw(onePiece()),
    nobody: draw(snapshot()),
    "three places": renderMergedHtml(threePlaces(), "torrent-audit merge a.json b.json"),
    "poisoned places": renderMergedHtml(poisonedPlaces(), null),
    "nobody anywhere": renderMergedHtml(nobodyAnywhere(), null),
  })
  chromium = await startChromium()
})
afterAll(() => chromium.close())

async function opened<T>(
  name: string,
  options: Parameters<Chromium["open"]>[1],
  look: (tab: Opened) => Promise<T>,
): Promise<T> {
  const tab = await chromium.open(pages[name]!, options)
  try {
    return await look(tab)
  } finally {
    await tab.close()
  }
}

const openAll = `for (const each of document.querySelectorAll("details")) each.open = true`

const names = ["crowd", "recorded", "poisoned", "dead tracker", "scrape", "one piece", "nobody"]
const ofPlaces = ["three places", "poisoned places", "nobody anywhere"]

describe.each([...names, ...ofPlaces])("the page of %s", (name) => {
  it("fits every width, folded and unfolded, and complains of nothing", async () => {
    await opened(name, {}, async ({ page, complaints }) => {
      for (const width of [380, 768, 1280, 1600]) {
        await page.setViewportSize({ width, height: 900 })
        expect(
          await page.evaluate("document.documentElement.scrollWidth"),
          `${width} px`,
        ).toBeLessThanOrEqual(width)
      }
      await page.evaluate(openAll)
      for (const width of [1600, 380]) {
        await page.setViewportSize({ width, height: 900 })
        expect(
          await page.evaluate("document.documentElement.scrollWidth"),
          `${width} px, open`,
        ).toBeLessThanOrEqual(width)
      }
      expect(complaints).toEqual([])
    })
  })
})

it("applies its style sheet, in both themes", async () => {
  await opened("crowd", {}, async ({ page }) => {
    const paper = async (colorScheme: "light" | "dark") => {
      await page.emulateMedia({ colorScheme })
      return page.evaluate("getComputedStyle(document.body).backgroundColor")
    }
    expect(await paper("light")).toBe("rgb(253, 252, 249)")
    expect(await paper("dark")).toBe("rgb(20, 23, 26)")
  })
})

describe("axe finds nothing, everything unfolded", () => {
  it.each([
    ["small crowd", "light"],
    ["small crowd", "dark"],
    ["recorded", "light"],
    ["recorded", "dark"],
    ["poisoned", "light"],
    ["scrape", "dark"],
    ["nobody", "light"],
    ["three places", "light"],
    ["three places", "dark"],
    ["poisoned places", "light"],
    ["nobody anywhere", "dark"],
  ] as const)("in the page of %s, %s", async (name, colorScheme) => {
    const options = { colorScheme, bypassCSP: true, viewport: { width: 1280, height: 900 } }
    await opened(name, options, async ({ page }) => {
      await page.evaluate(openAll)
      await page.addScriptTag({ path: axeFile })
      const result = (await page.evaluate("axe.run(document)")) as AxeResults
      const told = result.violations.map(
        ({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`,
      )
      expect(told).toEqual([])
      expect(result.passes.map(({ id }) => id)).toContain("color-contrast")
    })
  })
})

describe("by keyboard", () => {
  it("Tab reaches every link, fold and scrolling table, each with an outline to see", async () => {
    await opened("crowd", { viewport: { width: 900, height: 800 } }, async ({ page }) => {
      const wanted = Number(
        await page.evaluate(
          `[...document.querySelectorAll("a, summary, [tabindex='0']")].filter((each) => each.checkVisibility()).length`,
        ),
      )
      expect(wanted).toBeGreaterThan(20)
      const reached: string[] = []
      for (let press = 0; press < wanted; press++) {
        await page.keyboard.press("Tab")
        reached.push(
          String(
            await page.evaluate(`(() => {
              const at = document.activeElement
              const { outlineStyle, outlineWidth } = getComputedStyle(at)
              at.dataset.seen = "yes"
              return at.tagName + " " + outlineStyle + " " + outlineWidth
            })()`),
          ),
        )
      }
      expect(new Set(reached)).toEqual(new Set(["A solid 3px", "SUMMARY solid 3px", "DIV solid 3px"]))
      expect(await page.evaluate(`document.querySelectorAll("[data-seen]").length`)).toBe(wanted)
    })
  })

  it("Enter unfolds, and arrows scroll a table that is wider than the page", async () => {
    await opened("crowd", { viewport: { width: 380, height: 800 } }, async ({ page }) => {
      await page.locator("summary").first().focus()
      await page.keyboard.press("Enter")
      expect(await page.evaluate(`document.querySelector("details").open`)).toBe(true)
      await page.locator("#peers .scroll").focus()
      for (let press = 0; press < 5; press++) await page.keyboard.press("ArrowRight")
      await expect
        .poll(() => page.evaluate(`document.querySelector("#peers .scroll").scrollLeft`))
        .toBeGreaterThan(0)
    })
  })
})

describe("elsewhere", () => {
  it("shows everything without JavaScript", async () => {
    await opened("crowd", { javaScriptEnabled: false }, async ({ page, complaints }) => {
      expect(await page.locator("section").count()).toBe(14)
      for (const section of await page.locator("section").all()) expect(await section.isVisible()).toBe(true)
      expect(await page.locator("#snapshot").isVisible()).toBe(false)
      expect(complaints).toEqual([])
    })
  })

  it("prints dark pages on white paper, with what is folded unfolded", async () => {
    await opened("crowd", { colorScheme: "dark" }, async ({ page, complaints }) => {
      const hidden = `[...document.querySelectorAll("details .inside")].filter((each) => !each.checkVisibility({ contentVisibilityAuto: true })).length`
      expect(await page.evaluate(hidden)).toBeGreaterThan(5)
      await page.emulateMedia({ media: "print", colorScheme: "dark" })
      expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe(
        "rgb(255, 255, 255)",
      )
      expect(await page.evaluate(hidden)).toBe(0)
      const pdf = await page.pdf({ format: "A4" })
      expect(pdf.subarray(0, 5).toString("latin1")).toBe("%PDF-")
      expect(complaints).toEqual([])
    })
  })

  it.each(["poisoned", "poisoned places"])(
    "runs nothing of a hostile swarm, even were there no policy: %s",
    async (name) => {
      await opened(name, { bypassCSP: true }, async ({ page, complaints }) => {
        await page.evaluate(openAll)
        expect(await page.title()).toContain("torrent-audit")
        expect(await page.title()).not.toBe("owned")
        const foreign = `document.querySelectorAll("img, iframe, object, embed, form, script:not(#snapshot), svg[onload], [onfocus], [autofocus], a:not([href^='#'])").length`
        expect(await page.evaluate(foreign)).toBe(0)
        expect(complaints).toEqual([])
      })
    },
  )

  it("embeds a snapshot that the browser reads too", async () => {
    await opened("poisoned", {}, async ({ page }) => {
      const name = await page.evaluate(
        `JSON.parse(document.querySelector("#snapshot").textContent).torrent.name`,
      )
      expect(name).toBe(poisoned().torrent.name)
    })
  })
})
