import { describe, expect, test } from "vitest"
import { manyLine, manyProgress, manyStatusLine, type ManyProgress } from "../../src/render/many-progress.ts"
import { palette, symbolsFor } from "../../src/render/page.ts"
import { width } from "../../src/render/text.ts"
import { emulator } from "./emulator.ts"

const progress = (overrides: Partial<ManyProgress> = {}): ManyProgress => ({
  done: 12,
  total: 41,
  running: ["example-os-13.1-amd64.iso", "dataset-2019.tar", "magazine-scans"],
  counts: { ok: 9, warning: 2, critical: 1, unknown: 0 },
  ...overrides,
})

const style = (columns: number, ascii = false) => ({
  columns,
  ascii,
  symbols: symbolsFor(ascii),
  paint: palette(false),
})

test("80 columns", () => {
  expect(manyLine(progress(), 40_000, style(80))).toBe(
    "12 of 41 audited   3 running: example-os-13.1-amd64.iso,…   ▲2 ✗1   about 0:40",
  )
})

test("120 columns", () => {
  expect(manyLine(progress(), null, style(120))).toBe(
    "12 of 41 audited   3 running: example-os-13.1-amd64.iso, dataset-2019.tar, magazine-scans   ▲2 ✗1",
  )
})

test("ASCII", () => {
  const counts = { ok: 0, warning: 2, critical: 1, unknown: 3 }
  expect(manyLine(progress({ counts }), 40_000, style(80, true))).toBe(
    "12 of 41 audited   3 running: example-os-13.1-amd64...   !2 XX1 ?3   about 0:40",
  )
})

test.for([79, 60, 44, 30, 18, 5])("%d columns leave one free", (columns) => {
  for (const ascii of [true, false])
    expect(width(manyLine(progress(), 40_000, style(columns, ascii)))).toBeLessThan(columns)
})

test("hostile names", () => {
  const line = manyLine(progress({ running: ["\u001b[2J\u202e\n", "x".repeat(9_000), ""] }), null, style(100))
  expect(line).toMatch(/running: ·\[2J·+, x+…/)
  expect(width(line)).toBeLessThan(100)
})

test("in a status line", () => {
  expect(manyStatusLine(progress())).toBe(
    "12 of 41 audited; 2 warning; 1 critical; 3 running: example-os-13.1-amd64.iso, dataset-2019.tar, magazine-scans",
  )
  expect(
    manyStatusLine(progress({ running: [], counts: { ok: 12, warning: 0, critical: 0, unknown: 0 } })),
  ).toBe("12 of 41 audited; 0 running")
})

describe("displayed", () => {
  function stage(mode: "live" | "plain" | "none") {
    const screen = emulator(80, 10)
    let now = 0
    let turn: { ms: number; act: () => void; due: number } | null = null
    const display = manyProgress(mode, {
      write: screen.write,
      columns: () => 80,
      ascii: false,
      color: false,
      now: () => now,
      date: () => new Date(Date.UTC(2026, 2, 14, 9, 15, 0) + now),
      every(ms, act) {
        turn = { ms, act, due: ms }
        return () => (turn = null)
      },
    })
    const pass = (ms: number) => {
      for (const until = now + ms; now < until; now += 10)
        if (turn !== null && turn.due <= now) {
          turn.due += turn.ms
          turn.act()
        }
    }
    return { screen, display, pass }
  }

  test("live: the time left appears once it can be told", async () => {
    const { screen, display, pass } = stage("live")
    for (let done = 0; done <= 10; done++) {
      display.update(progress({ done }))
      pass(2_000)
    }
    expect((await screen.rows())[0]).toMatch(/^10 of 41 audited .* ▲2 ✗1 {3}about 1:\d\d$/)
    display.message("x.torrent: no such file")
    expect(await screen.rows()).toHaveLength(2)
    display.done()
    expect(await screen.rows()).toEqual(["x.torrent: no such file"])
  })

  test("plain: the first, the last, and every 30 seconds", () => {
    const { screen, display, pass } = stage("plain")
    for (let done = 0; done <= 41; done++) {
      display.update(progress({ done }))
      pass(1_000)
    }
    display.done()
    expect(screen.raw.map((line) => line.split(" ").slice(1, 4).join(" "))).toEqual([
      "elapsedMs=0 audited=0 targets=41",
      expect.stringMatching(/^elapsedMs=30\d{3} audited=\d\d targets=41$/),
      "elapsedMs=41000 audited=41 targets=41",
    ])
    expect(screen.raw[0]).toBe(
      "2026-03-14T09:15:00.000Z elapsedMs=0 audited=0 targets=41 running=3 ok=9 warning=2 critical=1 unknown=0\n",
    )
  })

  test("none: only messages", () => {
    const { screen, display } = stage("none")
    display.update(progress())
    display.message("Stopping")
    display.done()
    expect(screen.raw).toEqual(["Stopping\n"])
  })
})
