import { describe, expect, test } from "vitest"
import { misreportedLeft } from "../../src/audits/misreported-left.ts"
import type { AnnounceReport, Evidence, Reading } from "../../src/evidence.ts"
import { redact } from "../../src/store/redact.ts"
import { aTorrent } from "../support/builders.ts"
import {
  address,
  aReading,
  aReport,
  aVisited,
  ourPeerId,
  peerId,
  pieceBytes,
  pieceCount,
  reported,
  sizeBytes,
} from "../support/reports.ts"

const judge = (rows: AnnounceReport[], readings: Reading[], overrides: Partial<Evidence> = {}) =>
  misreportedLeft.judge(reported(rows, [aVisited(readings)], overrides))
const leeching = aReading([10, 50], [20, 60], [30, 70], [60, 100])
const seeding = aReading([10, pieceCount], [60, pieceCount])

/** As it said so five seconds before, it isn't one that was sent again. */
const twice = (row: AnnounceReport): AnnounceReport[] => [
  { ...row, at: new Date(Date.parse(row.at) - 5_000).toISOString() },
  row,
]

describe("too little", () => {
  test("nothing left, within a visit that shows it leeching", () => {
    expect(judge(twice(aReport(20, { leftBytes: 0 })), [leeching])).toMatchObject([
      {
        verdict: "warn",
        subject: `peer:${address}`,
        because: `${address} told its tracker that 0 bytes were left for it; what it showed us leaves at least 3.6 MiB`,
        claimed: "0 bytes left",
        pValue: null,
        evidence: {
          says: "too little",
          announces: [{ leftBytes: 0, address, peerId }],
          seen: [{ pieces: 50 }, { pieces: 70 }, { pieces: 100 }],
        },
      },
    ])
  })

  test("nothing left before and after it was seen to lack half, and nothing downloaded", () => {
    const rows = [aReport(2), ...twice(aReport(40))]
    expect(judge(rows, [aReading([15, 100], [16, 100])])).toMatchObject([{ verdict: "warn" }])
  })

  test.each<[string, AnnounceReport[], Reading[]]>([
    ["the truth", [aReport(20, { leftBytes: (pieceCount - 60) * pieceBytes })], [leeching]],
    [
      "pieces that it had begun",
      [aReport(20, { leftBytes: ((pieceCount - 60) * pieceBytes) / 2 })],
      [leeching],
    ],
    ["it finished meanwhile", [aReport(20)], [aReading([10, 190], [18, pieceCount], [60, pieceCount])]],
    ["a super-seeder", [aReport(20)], [aReading([10, 0], [20, 12], [30, 24], [60, 60])]],
    ["a magnet before its metadata", [aReport(5, { leftBytes: 16_384 })], [aReading([10, 0], [40, 90])]],
  ])("%s passes", (_, rows, readings) => {
    expect(judge(rows, readings)).toMatchObject([{ verdict: "pass" }])
  })

  test.each<[string, AnnounceReport[], Reading[]]>([
    ["one that may have been sent again, from before a check of its files", [aReport(20)], [leeching]],
    ["seen only afterwards", [aReport(0.5)], [leeching]],
    [
      "seen on two visits, a check of its files between",
      [aReport(20)],
      [aReading([5, 60], [9, 60]), aReading([30, 60], [60, 100])],
    ],
    [
      "two announces, and a download between",
      [aReport(1), aReport(40, { downloadedBytes: sizeBytes })],
      [aReading([15, 100])],
    ],
  ])("%s is not certain", (_, rows, readings) => {
    expect(judge(rows, readings)).toMatchObject([{ verdict: "inconclusive", subject: `peer:${address}` }])
  })

  describe("of several files", () => {
    const files = [
      { path: "a", sizeBytes: 100 * pieceBytes, firstPiece: 0, lastPiece: 99, pad: false },
      { path: "b", sizeBytes: 100 * pieceBytes, firstPiece: 100, lastPiece: 199, pad: false },
    ]
    const torrent = aTorrent({ private: true, sizeBytes, pieceBytes, pieceCount, files })

    test("who wants no more of them isn't judged by the rest", () => {
      expect(judge([aReport(20)], [aReading([10, 100], [60, 100])], { torrent })).toMatchObject([
        { verdict: "pass" },
      ])
    })

    test("who goes on to gain pieces had them left", () => {
      expect(judge(twice(aReport(20)), [leeching], { torrent })).toMatchObject([{ verdict: "warn" }])
    })
  })
})

describe("too much", () => {
  const all = { leftBytes: sizeBytes }

  test("all left, within a visit to a seeder", () => {
    expect(judge(twice(aReport(30, all)), [seeding])).toMatchObject([
      { verdict: "warn", evidence: { says: "too much", boundBytes: 2 * pieceBytes } },
    ])
  })

  test.each<[string, AnnounceReport[], Reading[]]>([
    ["two pieces whose hash was wrong", [aReport(30, { leftBytes: 2 * pieceBytes })], [seeding]],
    ["before it was seen", [aReport(1, all)], [seeding]],
    [
      "a session before",
      [aReport(1, { ...all, event: "started" }), aReport(5, { event: "started" })],
      [seeding],
    ],
    ["another client there, before", [aReport(1, all), aReport(5, { peerId: "00".repeat(20) })], [seeding]],
  ])("%s passes", (_, rows, readings) => {
    expect(judge(rows, readings).filter(({ verdict }) => verdict === "warn")).toEqual([])
  })

  test("an announce that was sent again tells how things were before", () => {
    expect(judge([aReport(30, all)], [seeding])).toMatchObject([{ verdict: "inconclusive" }])
  })

  test("after the visit it may have checked its files", () => {
    expect(judge([aReport(90, all)], [seeding])).toMatchObject([
      { verdict: "inconclusive", because: expect.stringContaining("another check of its files") as string },
    ])
  })

  test("from another host with its peer id, it may be anybody's", () => {
    expect(judge([aReport(30, { ...all, address: "198.51.100.7:6881" })], [seeding])).toMatchObject([
      { verdict: "inconclusive", because: expect.stringContaining("borrowed its peer id") as string },
    ])
  })

  test("from its own host with another port and its peer id, it is its own", () => {
    expect(judge(twice(aReport(30, { ...all, address: "203.0.113.9:4000" })), [seeding])).toMatchObject([
      { verdict: "warn" },
    ])
  })
})

test("a log's clock that goes wrong by minutes is set by our own announce", () => {
  const wrong = reported(twice(aReport(30, { leftBytes: sizeBytes })), [aVisited([seeding])])
  const log = wrong.announceLog
  if (!log) throw new Error("no log")
  const later = (at: string) => new Date(Date.parse(at) + 300_000).toISOString()
  const reports = log.reports.map((row) => ({ ...row, at: later(row.at) }))
  expect(misreportedLeft.judge({ ...wrong, announceLog: { ...log, reports } })).toMatchObject([
    { verdict: "warn" },
  ])
})

describe("where the log's clock isn't known, nobody is accused", () => {
  const long = aReading([10, pieceCount], [300, pieceCount])
  const lying = aReport(150, { leftBytes: sizeBytes })
  const stranger = aReport(-7_000, {
    address: "198.51.100.8:51413",
    peerId: "aa".repeat(20),
    event: "started",
  })
  const without = (rows: AnnounceReport[]): Evidence => {
    const evidence = reported(rows, [aVisited([long])])
    const log = evidence.announceLog
    if (!log) throw new Error("no log")
    return {
      ...evidence,
      announceLog: { ...log, reports: log.reports.filter(({ peerId: id }) => id !== ourPeerId) },
    }
  }

  test.each<[string, AnnounceReport[]]>([
    ["our own announce isn't in it", [lying]],
    ["another client has our port, and started hours ago", [stranger, lying]],
  ])("%s", (_, rows) => {
    expect(misreportedLeft.judge(without(rows))).toMatchObject([
      { verdict: "inconclusive", because: expect.stringContaining("how the log's clock goes") as string },
    ])
  })

  test("beside our own announce, a client with our port changes nothing", () => {
    expect(judge([stranger, lying], [long])).toMatchObject([{ verdict: "warn" }])
  })

  test("an earlier run of ours had another peer id, and the same port", () => {
    const earlier = aReport(-600, {
      address: stranger.address,
      peerId: ourPeerId.replace(/f$/, "0"),
      event: "started",
    })
    expect(judge([earlier, lying], [long])).toMatchObject([{ verdict: "warn" }])
  })
})

describe("two clients behind one NAT that both say the same port", () => {
  const [seeds, leeches] = ["aa".repeat(20), "bb".repeat(20)]
  const rows = [
    aReport(1, { peerId: seeds }),
    ...twice(aReport(30, { peerId: leeches, leftBytes: sizeBytes })),
    aReport(58, { peerId: seeds }),
  ]

  test("the one that answers tells its peers another id than its tracker: whose announce it is can't be told", () => {
    expect(judge(rows, [seeding])).toMatchObject([{ verdict: "inconclusive", subject: "swarm" }])
    expect(judge(rows.slice(0, 3), [seeding])).toMatchObject([{ verdict: "inconclusive", subject: "swarm" }])
  })

  test("without peer ids, neither", () => {
    const nameless = rows.map((row) => ({ ...row, peerId: null }))
    expect(judge(nameless, [seeding])).toMatchObject([{ verdict: "inconclusive", subject: "swarm" }])
  })

  test("one that stopped and started again is one", () => {
    const again = [
      aReport(1, { peerId: seeds, event: "stopped" }),
      aReport(5, { peerId: leeches, event: "started" }),
      ...twice(aReport(30, { peerId: leeches, leftBytes: sizeBytes })),
    ]
    expect(judge(again, [seeding])).toMatchObject([{ verdict: "warn" }])
  })
})

test("redacted, it is named all the same", () => {
  const named = reported(twice(aReport(30, { leftBytes: sizeBytes })), [aVisited([seeding])])
  const hidden = redact(named, "full", new Uint8Array(32).fill(7))
  expect(JSON.stringify(hidden.announceLog)).not.toContain("203.0.113")
  expect(misreportedLeft.judge(hidden)).toMatchObject([
    { verdict: "warn", subject: expect.stringMatching(/^peer:~[0-9a-f]+:6881$/) as string },
  ])
})

test("no log, no answer; nobody of it met, none either", () => {
  expect(misreportedLeft.judge(reported([], [], { announceLog: null }))).toEqual([])
  expect(judge([aReport(20, { address: "198.51.100.7:1", peerId: null })], [leeching])).toMatchObject([
    { verdict: "inconclusive", subject: "swarm" },
  ])
})
