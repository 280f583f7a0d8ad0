import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { earlier as schema, type Evidence, type Peer } from "../../src/evidence.ts"
import { limits } from "../../src/limits.ts"
import { joined } from "../../src/store/reading-bounds.ts"
import { fileReadings } from "../../src/store/readings.ts"
import { redact } from "../../src/store/redact.ts"
import {
  aFailedAnnounce,
  anAnnounce,
  anEvidence,
  aPeer,
  aRun,
  aScrape,
  aSilentPeer,
  at,
  aTorrent,
  aTracker,
  range,
  startedAt,
  trackerUrl,
} from "../support/builders.ts"
import { anEarlier, aReading, aTrackerReading } from "../support/earlier.ts"

const infoHash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
const minuteMs = 60_000

let directory: string
let now: Date
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "readings-"))
  now = new Date(Date.parse(startedAt) + minuteMs)
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const store = () => fileReadings(directory, () => now)
const file = () => join(directory, `${infoHash}.json`)

/** A run that began so many minutes after the first one. */
function runAt(minutes: number, overrides: Partial<Evidence> = {}): Evidence {
  const began = new Date(Date.parse(startedAt) + minutes * minuteMs).toISOString()
  now = new Date(Date.parse(began) + minuteMs)
  return anEvidence({
    run: aRun({ startedAt: began }),
    trackers: [],
    peers: [aPeer(1, [0, 1])],
    ...overrides,
  })
}

function remember(...evidence: Evidence[]): void {
  for (const each of evidence) store().remember(infoHash, each)
}

const kept = () => store().recall(infoHash)

describe("a later process gets", () => {
  test("what a run saw of peers, and what trackers told it", () => {
    const leecher = aPeer(1, [0, 1], { haveEvents: [{ atMs: 10, count: 1 }] })
    const listed = aPeer(2, range(0, 16), { sources: [{ kind: "tracker", via: trackerUrl, at: at(0) }] })
    const trackers = [aTracker({ announces: [anAnnounce({ peerCount: 2 })], scrape: aScrape() })]
    remember(anEvidence({ peers: [leecher, listed, aSilentPeer(3, { sources: [] })], trackers }))
    expect(kept()).toEqual({
      runs: [{ at: startedAt, durationMs: minuteMs }],
      peers: [
        {
          address: leecher.address,
          readings: [
            {
              at: at(minuteMs),
              peerId: leecher.peerId,
              client: "Transmission 4.0.6",
              uploadOnly: null,
              haveCount: 2,
              fromCount: 1,
              bitfield: leecher.bitfield,
            },
          ],
        },
        { address: listed.address, readings: [expect.objectContaining({ haveCount: 16, bitfield: null })] },
      ],
      trackers: [
        {
          url: trackerUrl,
          readings: [
            expect.objectContaining({
              by: "announce",
              downloads: 10,
              listed: [leecher.address, listed.address],
            }),
            expect.objectContaining({ by: "scrape", at: at(100), listed: null }),
          ],
        },
      ],
    })
    expect(schema.parse(kept())).toEqual(kept())
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(readdirSync(directory)).toEqual([`${infoHash}.json`])
  })

  test("every run, oldest first, and a run that is told of twice once", () => {
    const [first, second] = [runAt(0), runAt(10, { peers: [aPeer(1, [0, 1, 2])] })]
    remember(second, first, second)
    expect(kept()?.runs.map((run) => run.at)).toEqual([startedAt, at(10 * minuteMs)])
    expect(kept()?.peers[0]?.readings.map(({ haveCount }) => haveCount)).toEqual([2, 3])
  })

  test("no reading of an answer that was used again, of a failure, or of leaving", () => {
    const reused = aTracker({ announces: [anAnnounce({ reused: true })], scrape: aScrape() })
    const leaving = aTracker({ url: "http://third.example/a", announces: [anAnnounce({ event: "stopped" })] })
    const failed = aTracker({ url: "http://other.example/a", announces: [aFailedAnnounce("refused")] })
    remember(runAt(0, { trackers: [reused, failed, leaving] }))
    expect(kept()?.trackers).toEqual([])
  })

  test.each<[string, Partial<Evidence>]>([
    ["reached nobody", { peers: [aSilentPeer(1)] }],
    ["heard no claim", { peers: [aPeer(1, [], { claimSent: false })] }],
    ["met another info hash", { peers: [aPeer(1, [0], { outcome: "wrong-info-hash" })] }],
    ["visited nobody", { run: aRun({ depth: "discover" }) }],
  ])("nothing of a run that %s", (_, overrides) => {
    remember(runAt(0, overrides))
    expect(kept()).toBeNull()
    expect(readdirSync(directory)).toEqual([])
  })

  test("nothing that a wrong clock dated later than now", () => {
    remember(runAt(0), runAt(600))
    now = new Date(Date.parse(startedAt) + 5 * minuteMs)
    expect(kept()?.runs).toHaveLength(1)
    expect(kept()?.peers[0]?.readings).toHaveLength(1)
  })

  test("the visit that the record is about, where there were several", () => {
    const visit = { fromMs: 0, gained: 0, withdrawn: 0, gone: null, peerId: null, events: [] }
    const readings = [
      { ...visit, toMs: 5_000, fromCount: 1, toCount: 2 },
      { ...visit, toMs: 9_000, fromCount: 3, toCount: 3 },
    ]
    remember(runAt(0, { peers: [aPeer(1, [0, 1], { readings })] }))
    expect(kept()?.peers[0]?.readings).toMatchObject([{ at: at(5_000), haveCount: 2, fromCount: 1 }])
  })
})

describe("bounds", () => {
  test("a week", () => {
    remember(runAt(0), runAt(60))
    now = new Date(Date.parse(startedAt) + limits.readings.keepMs + 30 * minuteMs)
    expect(kept()?.runs).toHaveLength(1)
    expect(kept()?.peers[0]?.readings).toHaveLength(1)
    now = new Date(now.getTime() + 60 * minuteMs)
    expect(kept()).toBeNull()
  })

  test("runs, and of each peer readings: what says nothing new goes first", () => {
    const counts = [1, 2, 2, 2, ...range(3, 17)]
    remember(...counts.map((count, i) => runAt(i, { peers: [aPeer(1, range(0, count))] })))
    const held = kept()?.peers[0]?.readings.map(({ haveCount }) => haveCount)
    expect(held).toHaveLength(limits.readings.maxReadings)
    expect(held?.slice(-3)).toEqual([14, 15, 16])
    expect(held?.filter((count) => count === 2)).toHaveLength(2)
    remember(...range(20, 80).map((minute) => runAt(minute)))
    expect(kept()?.runs).toHaveLength(limits.readings.maxRuns)
  })

  test("peers: whoever was met last stays", () => {
    const { maxPeers } = limits.readings
    const named = (n: number): Peer => ({ ...aPeer(1, [0]), address: `10.0.${n >> 8}.${n & 255}:6881` })
    remember(
      runAt(0, { peers: range(0, maxPeers).map(named) }),
      runAt(10, { peers: [named(0), named(maxPeers)] }),
    )
    const addresses = kept()?.peers.map(({ address }) => address) ?? []
    expect(addresses).toHaveLength(maxPeers)
    expect(addresses).toContain(named(0).address)
    expect(addresses).toContain(named(maxPeers).address)
  })

  test("bytes: the oldest bitfields go, then the oldest readings", () => {
    const of = 2_000_000
    const readings = range(0, 16).map((i) => aReading(16 - i, [i], {}, of))
    const none = { runs: [], peers: [], trackers: [] }
    const made = joined(anEarlier({ 1: readings }), none, now.getTime())
    expect(JSON.stringify(made).length).toBeLessThanOrEqual(limits.readings.maxFileBytes)
    const bitfields = made.peers[0]?.readings.map(({ bitfield }) => bitfield !== null) ?? []
    expect(bitfields).toEqual([...range(0, 4).map(() => false), ...range(0, 12).map(() => true)])
    const long = "x".repeat(300_000)
    const named = readings.map((reading) => ({ ...reading, client: long, bitfield: null }))
    const fewer = joined(anEarlier({ 1: named }), none, now.getTime())
    expect(fewer.peers[0]?.readings).toEqual(named.slice(-13))
  })

  test("torrents: whatever is older than that is removed", () => {
    remember(runAt(0))
    const old = join(directory, `${"b".repeat(40)}.json`)
    writeFileSync(old, "{}")
    const before = new Date(now.getTime() - limits.readings.keepMs - 1_000)
    utimesSync(old, before, before)
    writeFileSync(join(directory, "notes.txt"), "mine")
    remember(runAt(10))
    expect(readdirSync(directory).toSorted()).toEqual([`${infoHash}.json`, "notes.txt"])
  })
})

describe("harm is quiet", () => {
  test.each([
    ["not JSON", "{"],
    ["another shape", JSON.stringify({ runs: [], peers: [{ address: 7 }], trackers: [] })],
    [
      "a forged time",
      JSON.stringify({ ...anEarlier({ 1: [aReading(1, [0])] }), runs: [{ at: "now", durationMs: 1 }] }),
    ],
    ["too large", `${JSON.stringify(anEarlier({ 1: [aReading(1, [0])] }))}${" ".repeat(9 * 2 ** 20)}`],
  ])("a file that is %s is forgotten, and written anew", (_, text) => {
    writeFileSync(file(), text)
    expect(kept()).toBeNull()
    remember(runAt(0))
    expect(kept()?.runs).toHaveLength(1)
  })

  test("a directory that can't be made, and a name that is no info hash", () => {
    writeFileSync(join(directory, "file"), "")
    const nowhere = fileReadings(join(directory, "file", "x"), () => now)
    nowhere.remember(infoHash, runAt(0))
    expect(nowhere.recall(infoHash)).toBeNull()
    store().remember("../escape", runAt(0))
    expect(store().recall("../escape")).toBeNull()
    chmodSync(directory, 0o700)
    expect(readdirSync(directory)).toEqual(["file"])
  })
})

test("redaction renames peers in earlier readings as it does everywhere", () => {
  const earlier = anEarlier({ 1: [aReading(1, [0])] }, [aTrackerReading(1, { listed: ["203.0.113.1:6881"] })])
  const made = redact(anEvidence({ torrent: aTorrent(), earlier }), "prefix", new Uint8Array(32))
  const [peer] = made.peers
  expect(JSON.stringify(made.earlier)).not.toContain("203.0.113.1:")
  expect(made.earlier?.peers[0]?.address).toBe(peer?.address)
  expect(made.earlier?.trackers[0]?.readings[0]?.listed).toEqual([peer?.address])
})
