/** The fleet's page in a real browser: quick with a thousand torrents, sorted and filtered without a network, whole without JavaScript. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import type { AxeResults } from "axe-core"
import { rolldown } from "rolldown"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { sinceYesterday } from "../../src/diff/since-yesterday.ts"
import { renderOverview } from "../../src/render/overview.ts"
import { reachedOf, standingOfView, standings, worstFirst, type Placed } from "../../src/report/standing.ts"
import type { FleetStatus } from "../../src/report.ts"
import {
  at,
  audited,
  fleetStatus,
  largeFleet,
  smallFleet,
  torrent,
  vantage,
  view,
} from "../render/fleet-statuses.ts"
import { problem } from "../render/rows.ts"
import { axeFile, startChromium, type Chromium, type Opened } from "./chromium.ts"

const context = { version: "0.1.0" }
const fleet = largeFleet(1_000)
const placed = worstFirst(fleet)

const evil = `"><img src=x onerror="document.title='owned'"></script><script>document.title='owned'</script>`
const strangers = fleetStatus({
  torrents: [
    torrent(evil, [
      view({
        newest: audited(1, { status: "critical", problems: [problem(evil, "fail", `tracker:${evil}`)] }),
      }),
      view({ vantage: evil, failed: { dueAt: at, attempts: 1, code: evil, message: evil } }),
    ]),
  ],
  vantages: [vantage(evil)],
})

let chromium: Chromium
/** As the package has it: bundled, and its names shortened, the script's too. */
let shipped: typeof renderOverview
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "torrent-audit-"))
  const source = join(import.meta.dirname, "../../src/render")
  const build = await rolldown({
    input: join(source, "overview.ts"),
    platform: "node",
    resolve: { alias: { "string-width": join(source, "string-width.cjs") } },
  })
  const file = join(folder, "overview.mjs")
  await build.write({ file, format: "esm", minify: true })
  await build.close()
  const made = (await import(pathToFileURL(file).href)) as { renderOverview: typeof renderOverview }
  shipped = made.renderOverview
  chromium = await startChromium()
})
afterAll(async () => {
  await chromium.close()
  await rm(folder, { recursive: true })
})

async function opened<T>(
  status: FleetStatus,
  look: (tab: Opened) => Promise<T>,
  options: Parameters<Chromium["open"]>[1] = { viewport: { width: 1280, height: 900 } },
  render = renderOverview,
): Promise<T> {
  const tab = await chromium.open(render(status, context), options)
  try {
    return await look(tab)
  } finally {
    await tab.close()
  }
}

type Page = Opened["page"]

/** Names of the rows that are to be seen, from above. */
const rowsOf = (page: Page): Promise<string[]> =>
  page.evaluate(
    `[...document.querySelectorAll(".fleet tbody tr")].filter((row) => !row.hidden).map((row) => row.querySelector("b").textContent)`,
  )

const figuresOf = ({ stand }: Placed) => (stand.standing === "failed" ? null : (stand.view?.newest ?? null))
const placeOf =
  (label: string) =>
  ({ torrent: { views } }: Placed) => {
    const found = views.find(({ vantage }) => vantage === label)
    return found === undefined ? null : standings.indexOf(standingOfView(found))
  }

/** What each column is sorted by, told from the fleet itself. */
const keys: Record<string, (of: Placed) => number | string | null> = {
  verdict: (of) => placed.findIndex(({ torrent }) => torrent === of.torrent),
  torrent: ({ torrent }) => torrent.name,
  claimed: (of) => figuresOf(of)?.seedersClaimed ?? null,
  reached: (of) => {
    const figures = figuresOf(of)
    return figures && reachedOf(figures)
  },
  copies: (of) => figuresOf(of)?.copies ?? null,
  ber: placeOf("ber"),
  fra: placeOf("fra"),
  nyc: placeOf("nyc"),
  audited: ({ stand }) =>
    Math.round((Date.parse(at) - Date.parse(stand.view?.newest?.startedAt ?? at)) / 1_000),
  hash: ({ torrent }) => torrent.infoHash.slice(0, 8),
}

const collator = new Intl.Collator("en", { numeric: true })
/** Neighbours that stand the wrong way round; what is not known comes last either way. */
function misplaced(all: readonly (number | string | null)[], down: boolean): number {
  return all.slice(1).filter((key, index) => {
    const before = all[index] ?? null
    if (before === null) return key !== null
    if (key === null) return false
    const order = typeof key === "string" ? collator.compare(String(before), key) : Number(before) - key
    return down ? order < 0 : order > 0
  }).length
}

describe("a thousand torrents from three places", () => {
  it("are there at once, without a request or a complaint", async () => {
    await opened(fleet, async ({ page, complaints }) => {
      const [load, rows] = await page.evaluate<[number, number]>(
        `new Promise((done) => requestAnimationFrame(() => setTimeout(() => done([performance.getEntriesByType("navigation")[0].loadEventEnd, document.querySelectorAll(".fleet tbody tr").length]))))`,
      )
      console.log(`loaded in ${Math.round(load)} ms`)
      expect(rows).toBe(1_000)
      // `bench/overview.ts` measures; a busy machine takes its time.
      expect(load).toBeLessThan(10_000)
      expect(await page.locator("#shown").textContent()).toBe("1000 torrents")
      expect(await rowsOf(page)).toEqual(placed.map(({ torrent }) => torrent.name))
      expect(complaints).toEqual([])
    })
  })

  it("are sorted by every column, up and down, and none is lost", async () => {
    const byName = new Map(placed.map((each) => [each.torrent.name, each] as const))
    await opened(fleet, async ({ page, complaints }) => {
      const heads = await page.locator(".fleet thead th").allTextContents()
      expect(heads).toEqual([...Object.keys(keys).slice(0, 5), "7 days", ...Object.keys(keys).slice(5)])
      for (const head of heads.filter((each) => each !== "7 days").toReversed()) {
        const column = page.getByRole("columnheader", { name: head, exact: true })
        for (const [sort, down] of [
          ["ascending", false],
          ["descending", true],
        ] as const) {
          await column.getByRole("button").click()
          expect([head, await column.getAttribute("aria-sort")]).toEqual([head, sort])
          const names = await rowsOf(page)
          expect(new Set(names).size).toBe(1_000)
          const keyed = names.map((name) => keys[head]!(byName.get(name)!))
          expect(misplaced(keyed, down), `${head}, ${sort}`).toBe(0)
        }
        expect(await page.locator("[aria-sort]").count()).toBe(1)
      }
      const trend = page.getByRole("columnheader", { name: "7 days" })
      await trend.getByRole("button").click()
      const arrows = await page.evaluate(
        `[...document.querySelectorAll(".fleet tbody tr td:nth-child(6)")].map((cell) => cell.querySelector("[role]")?.textContent ?? "").join("")`,
      )
      expect(arrows).toMatch(/^↓+→+↑*$/)
      expect(complaints).toEqual([])
    })
  })

  const named = (of: readonly Placed[]) => of.map(({ torrent }) => torrent.name)
  const whole = placed[40]!.torrent
  const moved = new Set(sinceYesterday(fleet).map(({ infoHash }) => infoHash))
  const from = (label: string, standing: string) => (of: Placed) =>
    of.torrent.views.some((each) => each.vantage === label && standingOfView(each) === standing)

  const together = (of: Placed) =>
    from("nyc", "critical")(of) && moved.has(of.torrent.infoHash) && of.stand.from.length < of.stand.seen
  const word = placed.find(together)?.torrent.name.split("-")[0] ?? ""

  it.each<[string, (page: Page) => Promise<unknown>, (of: Placed) => boolean]>([
    [
      "by words of a name, in any order",
      (page) => page.locator("#words").fill("TAR lectures"),
      ({ torrent }) => torrent.name.includes("lectures") && torrent.name.includes("tar"),
    ],
    [
      "by a problem",
      (page) => page.locator("#words").fill("no-seeder"),
      ({ stand }) => stand.standing === "critical" && stand.view?.newest?.problems[0]?.audit === "no-seeder",
    ],
    [
      "by a whole info hash",
      (page) => page.locator("#words").fill(whole.infoHash),
      ({ torrent }) => torrent === whole,
    ],
    [
      "by verdict",
      (page) => page.locator("#standing").selectOption({ label: "critical" }),
      ({ stand }) => stand.standing === "critical",
    ],
    [
      "by what needs attention",
      (page) => page.locator("#standing").selectOption({ label: "needs attention" }),
      ({ stand }) => stand.standing !== "ok",
    ],
    [
      "by what changed",
      (page) => page.locator("#changed").check(),
      ({ torrent }) => moved.has(torrent.infoHash),
    ],
    [
      "by where places differ",
      (page) => page.locator("#differing").check(),
      ({ stand }) => stand.from.length < stand.seen,
    ],
    [
      "by what one place says",
      async (page) => {
        await page.locator("#vantage").selectOption({ label: "fra" })
        await page.locator("#standing").selectOption({ label: "warning" })
      },
      from("fra", "warning"),
    ],
    [
      "by all of it together",
      async (page) => {
        await page.locator("#vantage").selectOption({ label: "nyc" })
        await page.locator("#standing").selectOption({ label: "critical" })
        await page.locator("#changed").check()
        await page.locator("#differing").check()
        await page.locator("#words").fill(word)
      },
      (of) => together(of) && of.torrent.name.includes(word),
    ],
  ])("are filtered %s, and it is said how many are left", async (_, choose, fits) => {
    const wanted = named(placed.filter(fits))
    expect(wanted.length).toBeGreaterThan(0)
    await opened(fleet, async ({ page, complaints }) => {
      await choose(page)
      await expect.poll(() => page.locator("#shown").textContent()).toBe(`${wanted.length} of 1000 torrents`)
      expect(await rowsOf(page)).toEqual(wanted)
      await page.locator("#clear").click()
      expect(await page.locator("#shown").textContent()).toBe("1000 torrents")
      expect(await rowsOf(page)).toHaveLength(1_000)
      expect(complaints).toEqual([])
    })
  })

  it("says so when none is like that, and a link to a torrent brings it back", async () => {
    await opened(fleet, async ({ page }) => {
      await page.locator("#words").fill("nobody is called that")
      await expect.poll(() => page.locator("#none").isVisible()).toBe(true)
      expect(await page.locator("#shown").textContent()).toBe("0 of 1000 torrents")
      const link = page.locator(".moves a").first()
      await link.click()
      const row = page.locator((await link.getAttribute("href")) ?? "")
      await expect.poll(() => row.isVisible()).toBe(true)
      expect(await page.locator("#words").inputValue()).toBe("")
      expect(
        await page.evaluate(`document.querySelector(":target").getBoundingClientRect().top`),
      ).toBeGreaterThan(20)
    })
  })
})

it("as the package has it, bundled and shortened, does the same", async () => {
  const status = smallFleet()
  const look = async ({ page, complaints }: Opened): Promise<string[][]> => {
    const told = [await rowsOf(page)]
    await page.getByRole("button", { name: "torrent", exact: true }).click()
    told.push(await rowsOf(page))
    await page.locator("#standing").selectOption({ label: "needs attention" })
    told.push(await rowsOf(page), [(await page.locator("#shown").textContent()) ?? ""])
    expect(complaints).toEqual([])
    return told
  }
  const told = await opened(status, look, {}, shipped)
  expect(told).toEqual(await opened(status, look))
  expect(told[1]).toEqual(status.torrents.map(({ name }) => name).toSorted())
  expect(told[3]).toEqual(["4 of 6 torrents"])
})

describe("axe finds nothing", () => {
  it.each([
    ["light", smallFleet(), 1280],
    ["dark", smallFleet(), 1280],
    ["light", largeFleet(40), 900],
    ["dark", largeFleet(40), 390],
    ["light", strangers, 1280],
    ["light", fleetStatus({ vantages: [] }), 1280],
  ] as const)("%s", async (colorScheme, status, width) => {
    const options = { colorScheme, bypassCSP: true, viewport: { width, height: 900 } }
    await opened(
      status,
      async ({ page }) => {
        await page.evaluate(`for (const each of document.querySelectorAll("details")) each.open = true`)
        await page.getByRole("button", { name: "torrent", exact: true }).click()
        await page.addScriptTag({ path: axeFile })
        const result = (await page.evaluate("axe.run(document)")) as AxeResults
        const told = result.violations.map(
          ({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`,
        )
        expect(told).toEqual([])
        expect(result.passes.map(({ id }) => id)).toContain("color-contrast")
      },
      options,
    )
  })
})

describe("everywhere", () => {
  it.each([
    ["one of each kind", smallFleet()],
    ["many", largeFleet(80)],
    [
      "many places",
      largeFleet(
        20,
        Array.from({ length: 12 }, (_, n) => `a-rather-long-label-of-a-place-${n}`),
      ),
    ],
    ["strangers", strangers],
  ])("%s fit every width", async (_, status) => {
    await opened(status, async ({ page, complaints }) => {
      await page.evaluate(`for (const each of document.querySelectorAll("details")) each.open = true`)
      const cut = `[...document.querySelectorAll(".fleet tr")].slice(0, 9).flatMap((row) => [...row.cells]).filter((cell) => cell.getBoundingClientRect().right > document.querySelector(".fleet").getBoundingClientRect().right + 1).length`
      for (const width of [320, 380, 641, 768, 1001, 1280, 1600]) {
        await page.setViewportSize({ width, height: 900 })
        expect(
          await page.evaluate("document.documentElement.scrollWidth"),
          `${width} px`,
        ).toBeLessThanOrEqual(width)
        expect(await page.evaluate(cut), `cells beyond ${width} px`).toBe(0)
      }
      expect(complaints).toEqual([])
    })
  })

  it("by key: every control has an outline to see, and a heading sorts", async () => {
    await opened(smallFleet(), async ({ page }) => {
      const focused = () => page.evaluate("document.activeElement.textContent")
      for (let press = 0; press < 60; press++) {
        await page.keyboard.press("Tab")
        expect(await page.evaluate(`getComputedStyle(document.activeElement).outlineStyle`)).toBe("solid")
        if ((await focused()) === "reached") break
      }
      await page.keyboard.press("Enter")
      expect(await page.getByRole("columnheader", { name: "reached" }).getAttribute("aria-sort")).toBe(
        "ascending",
      )
      expect((await rowsOf(page))[0]).toBe("dataset-2019.tar")
      expect(await focused()).toBe("reached")
    })
  })

  it("without JavaScript every torrent is there, worst first, and nothing that would not work", async () => {
    await opened(
      fleet,
      async ({ page, complaints }) => {
        expect(await page.locator(".fleet tbody tr b").allTextContents()).toEqual(
          placed.map(({ torrent }) => torrent.name),
        )
        for (const row of [0, 499, 999])
          expect(await page.locator(".fleet tbody tr").nth(row).isVisible()).toBe(true)
        expect(await page.getByRole("button").count()).toBe(0)
        expect(await page.locator("#filter").isVisible()).toBe(false)
        expect(complaints).toEqual([])
      },
      { javaScriptEnabled: false, viewport: { width: 1280, height: 900 } },
    )
  })

  it("prints on white paper, all of it, without what a finger would press", async () => {
    await opened(
      largeFleet(80),
      async ({ page }) => {
        await page.emulateMedia({ media: "print", colorScheme: "dark" })
        expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe(
          "rgb(255, 255, 255)",
        )
        expect(await page.locator("#filter").isVisible()).toBe(false)
        const drawn = `[...document.querySelectorAll(".fleet tbody tr, .moves li")].every((each) => each.checkVisibility({ contentVisibilityAuto: true }))`
        expect(await page.evaluate(drawn)).toBe(true)
        expect((await page.pdf({ format: "A4" })).subarray(0, 5).toString("latin1")).toBe("%PDF-")
      },
      { colorScheme: "dark" },
    )
  })

  it("an old page says how old it is", async () => {
    await opened(smallFleet(), async ({ page }) => {
      for (const [now, told] of [
        ["2026-03-15T10:00:00Z", ""],
        ["2026-03-15T12:20:00Z", "3 hours ago"],
        ["2026-03-18T10:00:00Z", "3 days ago"],
      ] as const) {
        await page.clock.setFixedTime(new Date(now))
        await page.reload()
        expect(await page.locator("#age").textContent()).toBe(told)
      }
    })
  })

  it("nothing of strangers runs, even were there no policy", async () => {
    await opened(
      strangers,
      async ({ page, complaints }) => {
        expect(await page.title()).toContain("1 of 1 torrent needs attention")
        expect(
          await page.locator("img, iframe, object, embed, form, [onerror], a:not([href^='#'])").count(),
        ).toBe(0)
        expect(complaints).toEqual([])
      },
      { bypassCSP: true },
    )
  })

  it("and the policy lets no other script run", async () => {
    await opened(smallFleet(), async ({ page, complaints }) => {
      await page.evaluate(
        `document.body.append(Object.assign(document.createElement("script"), { text: "document.title = 'owned'" }))`,
      )
      expect(await page.title()).not.toBe("owned")
      expect(complaints.join()).toMatch(/console error: .*Content Security Policy/)
    })
  })
})
