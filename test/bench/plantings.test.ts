import { describe, expect, test } from "vitest"
import { judged, recallOf, recallRatio, type Planting } from "../../bench/truth/plantings.ts"
import { recallRows } from "../../bench/truth/totals.ts"
import { score } from "../../bench/truth/score.ts"
import { viewOfObserved } from "../../bench/truth/view.ts"
import { aParty, aTruth, aView, observed } from "./cases.ts"

const liar = (number: number, overrides: Parameters<typeof aParty>[0] = {}) =>
  aParty({
    name: `liar-${number}`,
    kind: "corrupter",
    honest: false,
    accusedBy: "corrupt-data",
    endpoints: [`10.0.1.${number}:1`],
    ...overrides,
  })

const says = (audit: string, ...numbers: number[]) =>
  numbers.map((number) => ({ audit, subject: `peer:10.0.1.${number}:1` }))

const outcomes = (parties: ReturnType<typeof liar>[], problems: ReturnType<typeof says>) =>
  judged(aView({ problems }), aTruth({ parties, trackers: [] })).plantings.map(({ name, outcome }) => [
    name,
    outcome,
  ])

describe("a planting", () => {
  test("is named by the right audit, by another one only, or by none", () => {
    const problems = [...says("corrupt-data", 1), ...says("unserved-claims", 1, 2)]
    expect(outcomes([liar(1), liar(2), liar(3)], problems)).toEqual([
      ["liar-1", "named"],
      ["liar-2", "beside"],
      ["liar-3", "missed"],
    ])
  })

  test("of several is named once all of them are", () => {
    const crowd = [1, 2, 3].map((number) => liar(number, { group: "crowd", accusedBy: "crowded-host" }))
    expect(outcomes(crowd, says("crowded-host", 1, 2, 3))).toEqual([["crowd", "named"]])
    expect(outcomes(crowd, says("crowded-host", 1, 2))).toEqual([["crowd", "beside"]])
    expect(outcomes(crowd, [])).toEqual([["crowd", "missed"]])
  })

  test("is no peer whom no audit can convict", () => {
    expect(outcomes([liar(1, { accusedBy: null })], says("corrupt-data", 1))).toEqual([])
  })

  test("can be a tracker's, by all of its addresses, or a web seed's", () => {
    const lie = (url: string, accusedBy: string, more = {}) => ({ url, honest: false, accusedBy, ...more })
    const truth = aTruth({
      parties: [],
      trackers: ["http://t/a", "udp://t/a"].map((url) =>
        lie(url, "phantom-seeders", { group: "t", lie: "×10" }),
      ),
      webSeeds: [lie("http://w/1", "stale-webseed"), { url: "http://w/2", honest: true, accusedBy: null }],
    })
    const problems = [
      { audit: "phantom-seeders", subject: "tracker:http://t/a" },
      { audit: "stale-webseed", subject: "webseed:http://w/1" },
      { audit: "moved-webseed", subject: "webseed:http://w/2" },
    ]
    const { plantings, accusations } = judged(aView({ problems }), truth)
    expect(plantings).toEqual([
      { audit: "phantom-seeders", kind: "×10", name: "t", outcome: "beside" },
      { audit: "stale-webseed", kind: "webseed", name: "http://w/1", outcome: "named" },
    ])
    expect(accusations.wrong).toEqual(["moved-webseed http://w/2"])
  })
})

const planted = (audit: string, kind: string, ...all: Planting["outcome"][]): Planting[] =>
  all.map((outcome, at) => ({ audit, kind, name: `${kind}-${at}`, outcome }))

test("recall: one row for each audit, the most planted first", () => {
  const plantings = [
    ...planted("any-hash-echo", "echo", "named"),
    ...planted("corrupt-data", "corrupter", "named", "missed"),
    ...planted("corrupt-data", "corrupts-one-in-three", "beside"),
  ]
  const kinds = ["corrupter", "corrupts-one-in-three"]
  expect(recallOf(plantings)).toEqual([
    { audit: "corrupt-data", kinds, planted: 3, named: 1, beside: 1, missed: 1 },
    { audit: "any-hash-echo", kinds: ["echo"], planted: 1, named: 1, beside: 0, missed: 0 },
  ])
  expect(recallRatio(plantings)).toBe(0.5)
  expect(recallRatio([])).toBeNull()
})

describe("libtorrent", () => {
  const truth = aTruth({ parties: [liar(1), liar(2), aParty()], trackers: [] })
  const saw = (banned: readonly string[]) => score(viewOfObserved({ ...observed([]), banned }, truth), truth)

  test("names whom it bans, at the port of the moment as well", () => {
    const { accusations, plantings } = saw(["10.0.1.1:40000"])
    expect(plantings.map(({ outcome }) => outcome)).toEqual(["named", "missed"])
    expect(accusations.wrong).toEqual([])
  })

  test("a ban of an honest peer is an accusation, too", () => {
    expect(saw(["10.0.0.1:6881"]).accusations.wrong).toEqual(["corrupt-data 10.0.0.1:6881"])
  })

  test("stands beside ours where it looked, and nowhere else", () => {
    const ours = score(aView({ problems: says("corrupt-data", 1, 2) }), truth)
    const row = (theirs: typeof ours | null) => recallRows([{ ours, theirs }])
    expect(row(saw(["10.0.1.1:1"]))).toEqual([["corrupt-data", "corrupter", "2", "2", "0", "0", "1 of 2"]])
    expect(row(null)).toEqual([["corrupt-data", "corrupter", "2", "2", "0", "0", "–"]])
  })
})
