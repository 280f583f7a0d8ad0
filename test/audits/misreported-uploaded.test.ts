import { describe, expect, test } from "vitest"
import { misreportedUploaded } from "../../src/audits/misreported-uploaded.ts"
import type { AnnounceReport, Evidence } from "../../src/evidence.ts"
import { aDht, aRun, aSightedPeer, at, aTracker, aTorrent } from "../support/builders.ts"
import { address, aReading, aReport, aVisited, pieceCount, reported, sizeBytes } from "../support/reports.ts"

const other = "203.0.113.5:6881"
const seeder = aVisited([aReading([10, pieceCount], [60, pieceCount])])
const gave = (seconds: number, sizes: number, overrides: Partial<AnnounceReport> = {}) =>
  aReport(seconds, { uploadedBytes: sizes * sizeBytes, ...overrides })
const leecher = (seconds: number) =>
  aReport(seconds, { address: other, peerId: "22".repeat(20), leftBytes: sizeBytes })
const judge = (rows: AnnounceReport[], overrides: Partial<Evidence> = {}) =>
  misreportedUploaded.judge(reported(rows, [seeder], overrides))

test("more than the one leecher, we and a stranger could take", () => {
  expect(judge([gave(1, 0), leecher(5), gave(60, 4)])).toMatchObject([
    {
      verdict: "warn",
      subject: `peer:${address}`,
      pValue: null,
      evidence: { roseBytes: 4 * sizeBytes, takers: [{ address: other }], takersInAll: 1 },
    },
  ])
})

test.each<[string, AnnounceReport[]]>([
  ["one copy", [gave(1, 0), leecher(5), gave(60, 1)]],
  ["two copies: one to whom nobody knows of", [gave(1, 0), leecher(5), gave(60, 2)]],
  ["much, before the log begins", [gave(1, 90), leecher(5), gave(60, 91)]],
  ["a restart, whose counter begins anew", [gave(1, 90), aReport(30, { event: "started" }), gave(60, 1)]],
  [
    "as much as the other says it took",
    [gave(1, 0), leecher(5), gave(60, 9), { ...leecher(59), downloadedBytes: 9 * sizeBytes }],
  ],
])("%s passes", (_, rows) => {
  expect(judge(rows)).toMatchObject([{ verdict: "pass" }])
})

test("two clients at one address, without peer ids: no rise can be told", () => {
  const rows = [gave(1, 0), leecher(5), gave(60, 90)].map((row) => ({ ...row, peerId: null }))
  expect(judge(rows)).toMatchObject([{ verdict: "inconclusive", subject: "swarm" }])
})

describe("each by itself could be, all together could not", () => {
  const second = { address: "203.0.113.6:6881", peerId: "33".repeat(20) }
  const rows = [gave(1, 0), gave(1, 0, second), leecher(5), gave(60, 3), gave(60, 3, second)]

  test("somebody makes it up, and nobody is named", () => {
    const [found, ...more] = judge(rows)
    expect(more).toEqual([])
    expect(found).toMatchObject({ verdict: "warn", subject: "swarm", evidence: { roseBytes: 6 * sizeBytes } })
  })

  test("where others could have taken it, that is open", () => {
    const peers = [seeder, aSightedPeer(77)]
    expect(judge(rows, { peers })).toMatchObject([{ verdict: "inconclusive", subject: "swarm" }])
  })

  test("two copies each are possible", () => {
    const fewer = [gave(1, 0), gave(1, 0, second), leecher(5), gave(60, 2), gave(60, 2, second)]
    expect(judge(fewer)).toMatchObject([{ verdict: "pass" }])
  })
})

test("announced once, there is no rise", () => {
  expect(judge([gave(1, 90)])).toMatchObject([{ verdict: "inconclusive", subject: "swarm" }])
})

describe("others could have taken it", () => {
  const rows = [gave(1, 0), leecher(5), gave(60, 4)]
  test.each<[string, Partial<Evidence>, string]>([
    ["the DHT is open to it", { torrent: aTorrent({ pieceCount, sizeBytes }) }, "the DHT or PEX"],
    [
      "somebody never announced",
      { peers: [seeder, aSightedPeer(77)] },
      "one peer of this swarm never announced",
    ],
    [
      "who came by the DHT, and left before we looked",
      {
        torrent: aTorrent({ pieceCount, sizeBytes }),
        run: aRun({ startedAt: at(30_000), discovery: { dht: "on", pex: "on", lsd: "on", webSeeds: "on" } }),
        dht: aDht({ replies: 9 }),
      },
      "have left before we looked",
    ],
    [
      "one tracker over HTTP and UDP, of which a log may have one",
      {
        trackers: [
          aTracker({ url: "http://t.example:6969/announce" }),
          aTracker({ url: "udp://t.example:6969/announce" }),
        ],
      },
      "2 trackers or ways to one",
    ],
    ["two trackers", { trackers: [aTracker(), aTracker({ url: "https://other.example/a" })] }, "2 trackers"],
  ])("%s", (_, overrides, why) => {
    expect(judge(rows, overrides)).toMatchObject([
      {
        verdict: "inconclusive",
        subject: `peer:${address}`,
        because: expect.stringContaining(why) as string,
      },
    ])
  })

  test("nothing is heard of it for hours: the log may have a hole", () => {
    const overnight = [gave(-40_000, 0), leecher(-39_000), gave(60, 4)]
    expect(judge(overnight)).toMatchObject([
      { verdict: "inconclusive", because: expect.stringContaining("11 h") as string },
    ])
  })

  test("announces were left out", () => {
    const { announceLog: log, ...rest } = reported(rows, [seeder])
    if (!log) throw new Error("no log")
    expect(misreportedUploaded.judge({ ...rest, announceLog: { ...log, dropped: 1 } })).toMatchObject([
      { verdict: "inconclusive", because: expect.stringContaining("1 older announces") as string },
    ])
  })
})

test("of more than two hundred with too high a rise the highest are worked out, and the others counted", () => {
  const rows = Array.from({ length: 250 }, (_, n) => {
    const own = { address: `198.18.7.7:${2_000 + n}`, peerId: n.toString(16).padStart(40, "3") }
    return [gave(1, 0, own), gave(60, 1_000 + n, own)]
  })
  const findings = judge(rows.flat())
  expect(findings).toHaveLength(200)
  expect(findings.map(({ subject }) => subject)).not.toContain("peer:198.18.7.7:2049")
  expect(findings[0]?.evidence).toMatchObject({ mostCompared: 200, notCompared: 50, takersInAll: 249 })
})
