import { describe, expect, test } from "vitest"
import { liarOf, type Counts, type TrackerLie } from "../../src/demo/tracker-lies.ts"

const known: Counts = { complete: 40, incomplete: 20, downloaded: 7 }
let nowMs = 0
const told = (lie: TrackerLie, counts = known) => liarOf([lie], () => nowMs).counts("aa", counts)

describe("a tracker that", () => {
  test.each<[string, TrackerLie, Counts]>([
    ["doubles", { kind: "scaled", factor: 2 }, { complete: 80, incomplete: 40, downloaded: 7 }],
    ["counts a quarter", { kind: "scaled", factor: 0.25 }, { complete: 10, incomplete: 5, downloaded: 7 }],
    ["never below one", { kind: "scaled", factor: 0.01 }, { complete: 1, incomplete: 1, downloaded: 7 }],
    [
      "says the same always",
      { kind: "constant", seeders: 1, leechers: 2, downloads: 3 },
      { complete: 1, incomplete: 2, downloaded: 3 },
    ],
    [
      "pads",
      { kind: "padded", addresses: ["127.0.2.1:1", "[::1]:2"] },
      { complete: 40, incomplete: 22, downloaded: 7 },
    ],
  ])("%s", (_, lie, counts) => {
    expect(told(lie)).toEqual(counts)
  })

  test("freezes each swarm's counts from so many peers on", () => {
    const liar = liarOf([{ kind: "frozen", fromPeers: 60 }], () => nowMs)
    const before = { ...known, complete: 39 }
    const after = { ...known, complete: 55 }
    expect([before, known, after].map((counts) => liar.counts("aa", counts))).toEqual([before, known, known])
    expect(liar.counts("bb", before)).toEqual(before)
  })

  test("invents downloads as time goes by", () => {
    const liar = liarOf([{ kind: "implausible-downloads", perSecond: 100 }], () => nowMs)
    nowMs += 2_500
    expect(liar.counts("aa", known)).toEqual({ ...known, downloaded: 257 })
  })

  test("names its phantoms", () => {
    const liar = liarOf([{ kind: "padded", addresses: ["127.0.2.1:1", "[::1]:2"] }], () => nowMs)
    expect(liar.phantoms).toEqual([
      { ip: "127.0.2.1", port: 1 },
      { ip: "::1", port: 2 },
    ])
  })

  test("tells several lies, one after the other", () => {
    const lies: TrackerLie[] = [
      { kind: "padded", addresses: ["127.0.2.1:1"] },
      { kind: "scaled", factor: 2 },
    ]
    expect(liarOf(lies, () => nowMs).counts("aa", known)).toMatchObject({ complete: 80, incomplete: 42 })
  })
})
