import { describe, expect, test } from "vitest"
import { boundsOf } from "../../bench/truth/bounds.ts"
import { quantile } from "../../bench/truth/quantile.ts"
import { together } from "../../bench/truth/rate-score.ts"
import { score, scoreSnapshot } from "../../bench/truth/score.ts"
import { laterTruth } from "../../bench/truth/truth.ts"
import { viewOfObserved } from "../../bench/truth/view.ts"
import { anEvidence, aSample, aSeeder } from "../support/builders.ts"
import { judge } from "../../src/audit.ts"
import { aParty, aPeerView, aTruth, aView, bits, observed, range } from "./cases.ts"

const partyScores = (view: Parameters<typeof aView>[0], truth: Parameters<typeof aTruth>[0]) =>
  score(aView(view), aTruth(truth)).parties
const only = <T>(list: readonly T[]): T => {
  const [first] = list
  if (first === undefined || list.length !== 1) throw new Error(`expected one, got ${list.length}`)
  return first
}

describe("peers", () => {
  test("found, reached and named", () => {
    expect(only(partyScores({ peers: [aPeerView()] }, {}))).toMatchObject({
      found: true,
      reached: true,
      identified: true,
      wrongBits: 0,
    })
  })

  test("at none of its addresses: not found, and nothing is known", () => {
    const peers = [aPeerView({ endpoints: ["10.0.0.9:6881"] })]
    expect(only(partyScores({ peers }, {}))).toMatchObject({ found: false, reached: false, wrongBits: null })
  })

  test("any of its addresses will do", () => {
    const parties = [aParty({ endpoints: ["10.0.0.1:6881", "[fd00::1]:6881"] })]
    const peers = [aPeerView({ endpoints: ["[fd00::1]:6881"] })]
    expect(only(partyScores({ peers }, { parties })).found).toBe(true)
  })

  test("found but silent is not reached", () => {
    const peers = [aPeerView({ pieces: null, client: null })]
    expect(only(partyScores({ peers }, {}))).toMatchObject({
      found: true,
      reached: false,
      identified: false,
      wrongBits: null,
    })
  })

  test.each([
    ["Transmission 3.00", true],
    ["Transmission 4.00", false],
    ["qBittorrent 3.00", false],
    [null, false],
  ])("client %s named right: %s", (client, identified) => {
    expect(only(partyScores({ peers: [aPeerView({ client })] }, {})).identified).toBe(identified)
  })

  test("a version may lose its last «.0», and no more", () => {
    const parties = [aParty({ client: { pattern: "^libtorrent", version: "2.0.8.0" } })]
    const shown = (client: string) =>
      only(partyScores({ peers: [aPeerView({ client })] }, { parties })).identified
    expect(shown("libtorrent 2.0.8")).toBe(true)
    expect(shown("libtorrent 2.0")).toBe(false)
  })
})

describe("bitfields", () => {
  const wrong = (shown: number[], held: number[], showsLess: boolean) =>
    only(
      partyScores(
        { peers: [aPeerView({ pieces: bits(shown) })] },
        { parties: [aParty({ pieces: bits(held), showsLess })] },
      ),
    ).wrongBits

  test("every bit that differs counts, either way", () => {
    expect(wrong([0, 1, 9], [0, 2, 9], false)).toBe(2)
  })

  test("of one that shows less, only what it invents", () => {
    expect(wrong([0], [0, 1, 2, 9], true)).toBe(0)
    expect(wrong([0, 3], [0, 1, 2, 9], true)).toBe(1)
  })

  test("a field that is too short lacks the rest", () => {
    const peers = [aPeerView({ pieces: Buffer.from([0xff]).toString("base64") })]
    expect(only(partyScores({ peers }, { parties: [aParty()] })).wrongBits).toBe(2)
  })
})

describe("rates", () => {
  const rate = (bytesPerSecond: ReturnType<typeof range> | null, party = {}, bytes = 0) =>
    only(partyScores({ peers: [aPeerView({ bytesPerSecond, bytes })] }, { parties: [aParty(party)] })).rate

  test("error is signed, and the interval holds the truth or not", () => {
    expect(rate(range(90_000, 80_000, 99_000))).toMatchObject({ covered: false, censored: false })
    expect(rate(range(90_000, 80_000, 99_000))?.error).toBeCloseTo(-0.1)
    expect(rate(range(110_000, 100_000, 120_000))).toMatchObject({ covered: true })
    expect(rate(range(110_000, 100_000, 120_000))?.error).toBeCloseTo(0.1)
    expect(rate(range(120_000, 101_000, 130_000))).toMatchObject({ covered: false })
  })

  test("a lower bound has no error, and is wrong only when it is too high", () => {
    expect(rate({ ...range(50_000, 45_000, null), censored: true })).toMatchObject({
      error: null,
      covered: true,
    })
    expect(rate({ ...range(150_000, 140_000, null), censored: true })).toMatchObject({ covered: false })
  })

  test("not measured: no error, no cover", () => {
    expect(rate(null)).toMatchObject({ value: null, error: null, covered: null })
  })

  test("no known uplink: no score", () => {
    expect(rate(range(1, 1, 1), { uplinkBytesPerSecond: null })).toBeNull()
  })

  test("of a liar, or of one with other work, it does not count", () => {
    expect(rate(range(1, 1, 1))?.counts).toBe(true)
    expect(rate(range(1, 1, 1), { honest: false })?.counts).toBe(false)
    expect(rate(range(1, 1, 1), { rateIsKnown: false })?.counts).toBe(false)
  })

  test("cost is a share of ten seconds at the true rate", () => {
    expect(rate(range(1, 1, 1), {}, 250_000)?.costShare).toBeCloseTo(0.25)
  })

  test("roomy: five seconds hold two pieces", () => {
    // 10 pieces of 200,000 bytes; 80,000 bytes per second are two in five seconds.
    expect(rate(null, { uplinkBytesPerSecond: 80_000 })?.roomy).toBe(true)
    expect(rate(null, { uplinkBytesPerSecond: 79_999 })?.roomy).toBe(false)
  })

  test("together: sizes of errors, cover, censored and costs, of those that count", () => {
    const parties = [1, 2, 3, 4, 5].map((n) =>
      aParty({ endpoints: [`10.0.0.${n}:1`], honest: n !== 5, uplinkBytesPerSecond: 100_000 }),
    )
    const views = [
      range(90_000, 80_000, 120_000),
      range(104_000, 102_000, 106_000),
      { ...range(60_000, 50_000, null), censored: true },
      null,
      range(1, 1, 1),
    ]
    const peers = views.map((bytesPerSecond, at) =>
      aPeerView({ endpoints: [`10.0.0.${at + 1}:1`], bytesPerSecond, bytes: 100_000 * (at + 1) }),
    )
    const rates = partyScores({ peers }, { parties }).flatMap(({ rate }) => (rate ? [rate] : []))
    const all = together(rates)
    expect(all).toMatchObject({ peers: 4, measured: 3, censored: 1 })
    expect(all.medianError).toBeCloseTo(-0.03)
    expect(all.medianAbsoluteError).toBeCloseTo(0.07)
    expect(all.p90AbsoluteError).toBeCloseTo(0.094)
    expect(all.coverage).toBeCloseTo(2 / 3)
    expect(all.roomyCostShare).toBeCloseTo(0.2)
    expect(all.otherCostShare).toBeNull()
  })

  test("nothing measured is null, not perfect", () => {
    expect(together([])).toMatchObject({ measured: 0, coverage: null, medianAbsoluteError: null })
  })
})

test("quantiles lie between neighbours", () => {
  expect(quantile([], 0.5)).toBeNull()
  expect(quantile([7], 0.9)).toBe(7)
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
  expect(quantile([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100], 0.9)).toBe(90)
})

describe("counts", () => {
  test("errors are signed: what is shown, less who is there", () => {
    const parties = [
      aParty(),
      aParty({ role: "leecher" }),
      aParty({ role: "leecher" }),
      aParty({ role: null }),
    ]
    expect(score(aView({ seeders: 3, leechers: 0 }), aTruth({ parties }))).toMatchObject({
      seedersError: 2,
      leechersError: -2,
    })
  })
})

describe("accusations", () => {
  const liar = aParty({ name: "liar", honest: false, accusedBy: "corrupt-data", endpoints: ["10.0.0.2:1"] })
  const parties = [aParty(), liar]
  const accused = (
    problems: { audit: string; subject: string }[],
    truth: Parameters<typeof aTruth>[0] = { parties },
  ) => score(aView({ problems }), aTruth(truth)).accusations

  test("a liar named by its audit is right, and else missed", () => {
    expect(accused([{ audit: "corrupt-data", subject: "peer:10.0.0.2:1" }])).toEqual({
      right: ["corrupt-data 10.0.0.2:1"],
      missed: [],
      wrong: [],
      beside: [],
    })
    expect(accused([])).toMatchObject({ right: [], missed: ["corrupt-data 10.0.0.2:1"] })
  })

  test("named by another audit only: beside, and missed", () => {
    expect(accused([{ audit: "unserved-claims", subject: "peer:10.0.0.2:1" }])).toMatchObject({
      right: [],
      missed: ["corrupt-data 10.0.0.2:1"],
      wrong: [],
      beside: ["unserved-claims 10.0.0.2:1"],
    })
  })

  test("an honest peer accused is wrong, and so is a stranger", () => {
    expect(
      accused([
        { audit: "corrupt-data", subject: "peer:10.0.0.1:6881" },
        { audit: "corrupt-data", subject: "peer:10.0.0.77:6881" },
      ]).wrong,
    ).toHaveLength(2)
  })

  test("findings about the swarm, ourselves or a tracker's silence accuse nobody", () => {
    expect(
      accused([
        { audit: "no-seeder", subject: "swarm" },
        { audit: "self-offline", subject: "self" },
        { audit: "dead-tracker", subject: "tracker:http://t/a" },
      ]),
    ).toMatchObject({ right: [], wrong: [], beside: [] })
  })

  test("a tracker: wrong when honest, right when it lies, for each address", () => {
    const problems = ["phantom-seeders", "tracker-disagreement"].map((audit) => ({
      audit,
      subject: "tracker:http://t/a",
    }))
    expect(accused(problems, {}).wrong).toHaveLength(2)
    const lying = (url: string) => ({ url, honest: false, accusedBy: "phantom-seeders" })
    expect(accused(problems, { trackers: [lying("http://t/a"), lying("udp://t/a")] })).toEqual({
      right: ["phantom-seeders http://t/a"],
      missed: ["phantom-seeders udp://t/a"],
      wrong: [],
      beside: ["tracker-disagreement http://t/a"],
    })
  })

  test("a peer and a tracker of the same name are not taken for each other", () => {
    const odd = aParty({ honest: false, accusedBy: "phantom-seeders", endpoints: ["10.0.0.2:1"] })
    const problems = [{ audit: "phantom-seeders", subject: "tracker:10.0.0.2:1" }]
    expect(accused(problems, { parties: [odd] })).toMatchObject({
      right: [],
      wrong: ["phantom-seeders 10.0.0.2:1"],
    })
  })
})

describe("full copy", () => {
  const inside = (fullCopyMs: ReturnType<typeof range> | null) =>
    score(aView({ fullCopyMs }), aTruth({ fullCopy: { driver: "aria2", ms: 20_000 } })).fullCopy?.inside

  test.each([
    [range(15_000, 10_000, 20_000), true],
    [range(15_000, 10_000, null), true],
    [range(15_000, 10_000, 19_999), false],
    [range(25_000, 20_001, null), false],
    [null, false],
  ])("%j: %s", (said, expected) => {
    expect(inside(said)).toBe(expected)
  })

  test("not timed: no score", () => {
    expect(score(aView({}), aTruth({})).fullCopy).toBeNull()
  })
})

describe("what is scored", () => {
  test("a snapshot: its peers but ourselves, their samples' bytes, its findings", () => {
    const evidence = anEvidence({
      peers: [
        aSeeder(1, { samples: [aSample(0), aSample(1)] }),
        aSeeder(2, { outcome: "self", samples: [aSample(2)] }),
      ],
    })
    const snapshot = {
      schemaVersion: "1",
      tool: { name: "torrent-audit", version: "0" },
      ...evidence,
      ...judge(evidence),
      error: null,
    } as const
    const [one, two] = evidence.peers.map(({ address }) => aParty({ endpoints: [address] }))
    if (!one || !two) throw new Error("two peers were built")
    const scored = scoreSnapshot(snapshot, aTruth({ parties: [one, two] }))
    expect(scored.parties.map(({ found }) => found)).toEqual([true, false])
    const taken = evidence.peers[0]?.samples.reduce((sum, { bytes }) => sum + bytes, 0)
    expect(scored.parties[0]?.rate?.bytes).toBe(taken)
    expect(scored.wallMs).toBe(evidence.run.durationMs)
  })

  test("libtorrent: the mean of readings above zero, at its party's address even when it dialled in", () => {
    const truth = aTruth({})
    const view = viewOfObserved(
      observed([{ endpoint: "10.0.0.1:49152", readings: [0, 100_000, 300_000] }]),
      truth,
    )
    const { rate, found } = only(score(view, truth).parties)
    expect(found).toBe(true)
    expect(rate?.value).toBe(200_000)
    expect(rate?.covered).toBe(false)
  })

  test("libtorrent: nothing above zero is no rate", () => {
    const truth = aTruth({})
    const view = viewOfObserved(observed([{ endpoint: "10.0.0.1:6881", readings: [0, 0] }]), truth)
    expect(only(score(view, truth).parties).rate?.value).toBeNull()
  })

  test("libtorrent meets leechers that have gained since", () => {
    const all = bits([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const party = aParty({
      role: "leecher",
      roleLater: "leecher",
      pieces: bits([0]),
      piecesLater: bits([0, 1]),
    })
    const done = aParty({ role: "leecher", roleLater: "seeder", pieces: bits([0]), piecesLater: all })
    const later = laterTruth(aTruth({ parties: [party, done] }))
    expect(later.parties).toMatchObject([
      { role: "leecher", pieces: bits([0, 1]), showsLess: true },
      { role: "seeder", pieces: all },
    ])
  })
})

describe("bounds", () => {
  const scoreWith = (count: number, value: number, high: number | null = value) => {
    const parties = Array.from({ length: count }, (_, at) => aParty({ endpoints: [`10.0.0.${at}:1`] }))
    const peers = parties.map(({ endpoints }) =>
      aPeerView({ endpoints, bytesPerSecond: range(value, value * 0.95, high), bytes: 400_000 }),
    )
    const fullCopy = { driver: "aria2", ms: 20_000 }
    return score(aView({ peers, fullCopyMs: range(20_000, 19_000, 21_000) }), aTruth({ parties, fullCopy }))
  }
  /** Twelve audits of ten liars each, all of them named, and half of the honest that are wanted. */
  const lies = (named: (liar: number) => boolean = () => true) => {
    const liars = Array.from({ length: 120 }, (_, at) =>
      aParty({
        name: `liar-${at}`,
        honest: false,
        accusedBy: `audit-${at % 12}`,
        endpoints: [`10.1.0.${at}:1`],
        uplinkBytesPerSecond: null,
      }),
    )
    const decent = Array.from({ length: 150 }, () => aParty({ client: null, uplinkBytesPerSecond: null }))
    const problems = liars.flatMap(({ accusedBy, endpoints }, at) =>
      named(at) ? [{ audit: accusedBy ?? "", subject: `peer:${endpoints[0]}` }] : [],
    )
    return score(aView({ problems }), aTruth({ parties: [...liars, ...decent] }))
  }
  const broken = (scores: readonly ReturnType<typeof scoreWith>[]) =>
    boundsOf(scores, "long").flatMap(({ what, ok }) => (ok ? [] : [what]))
  const many = (value: number, high?: number | null) =>
    Array.from({ length: 10 }, () => scoreWith(15, value, high))

  test("all hold", () => {
    expect(broken([...many(101_000, 106_000), lies()])).toEqual([])
  })

  test("one liar in ten is missed", () => {
    expect(broken([...many(101_000, 106_000), lies((liar) => liar % 10 > 0)])).toEqual([
      "lies named by the right audit",
    ])
  })

  test("one in twenty-four may be", () => {
    expect(broken([...many(101_000, 106_000), lies((liar) => liar % 24 > 0)])).toEqual([])
  })

  test("too few of everything", () => {
    expect(broken([scoreWith(15, 101_000, 106_000)])).toEqual([
      "rates measured, of real clients with a known uplink",
      "full copies timed",
      "honest peers, real clients",
      "honest peers, the cast's odd ones included",
      "lies planted",
      "audits that must name somebody",
      "lies named by the right audit",
    ])
  })

  test("rates that are off, and intervals that don't say so", () => {
    expect(broken([...many(120_000, 130_000), lies()])).toEqual([
      "their error, median of sizes",
      "their error, 90th percentile of sizes",
      "truths within their 95% interval",
    ])
  })

  test("one that is only played is no real client", () => {
    const cast = score(aView(), aTruth({ parties: [aParty({ client: null })] }))
    const honest = boundsOf([cast], "short").filter(({ what }) => what.startsWith("honest"))
    expect(honest.map(({ measured }) => measured)).toEqual(["0", "1"])
  })

  test("nothing at all breaks every bound but that of accusations", () => {
    const held = boundsOf([], "short").filter(({ ok }) => ok)
    expect(held.map(({ what }) => what)).toEqual(["accusations of the honest"])
  })
})
