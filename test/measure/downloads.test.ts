import { expect, test } from "vitest"
import type { Evidence, Peer } from "../../src/evidence.ts"
import { completionsPerHour, downloadsOf } from "../../src/measure/downloads.ts"
import {
  aPeer,
  aSample,
  aSilentPeer,
  anEvidence,
  aTracker,
  anAnnounce,
  pieceBytes,
  pieceCount,
  range,
} from "../support/builders.ts"
import { aReading } from "./haves.ts"

const alone = { ceiling: null, uplinks: [] }
const size = pieceCount * pieceBytes
/** A piece every five seconds, for half a minute. */
const steady = () =>
  aReading(
    range(0, 6).map((at) => 2_000 + at * 5_000),
    30_000,
    { fromCount: 4 },
  )
const leecher = (host: number, overrides: Partial<Peer> = {}): Peer =>
  aPeer(host, range(0, 10), { readings: [steady()], ...overrides })
const rate = { value: 1_000_000, low: 950_000, high: 1_050_000, n: 8, confidence: 0.95, censored: false }
const seeder = (host: number): Peer =>
  aPeer(host, range(0, pieceCount), { samples: [aSample(0)], goodputBytesPerSecond: rate })
const claimed = (leechers: number) => [aTracker({ announces: [anAnnounce({ seeders: 1, leechers })] })]

const downloads = (peers: Peer[], more: Partial<Evidence> = {}) => {
  const evidence = anEvidence({ peers, trackers: claimed(peers.length - 1), ...more })
  const found = downloadsOf(evidence, alone)
  return { found, completions: completionsPerHour(evidence, found) }
}

test("what leechers receive beside what seeders granted us, and the copies that it makes", () => {
  const { found, completions } = downloads([seeder(1), leecher(2), leecher(3)])
  expect(found).toMatchObject({ measured: 2, leechers: 2, grantedBytesPerSecond: 1_000_000 })
  expect(found?.bytesPerSecond.value).toBeCloseTo((2 * pieceBytes) / 5, 6)
  expect(completions).toMatchObject({ censored: false, confidence: 0.95 })
  expect(completions?.value).toBeCloseTo((2 * pieceBytes * 720) / size, 6)
  expect(completions?.low).toBeLessThan(completions?.value ?? 0)
  expect(completions?.high).toBeGreaterThan(completions?.value ?? 0)
})

test.each<[string, Peer[], Partial<Evidence>]>([
  ["somebody wasn't reached", [seeder(1), leecher(2), aSilentPeer(3)], { trackers: claimed(1) }],
  ["the tracker counts more", [seeder(1), leecher(2)], { trackers: claimed(3) }],
  ["one told no rate", [seeder(1), leecher(2), leecher(3, { readings: [] })], {}],
])("a lower bound without an upper end: %s", (_, peers, more) => {
  const { completions } = downloads(peers, more)
  expect(completions).toMatchObject({ censored: true, high: null })
  expect(completions?.value).toBeCloseTo((pieceBytes * 720) / size, 6)
})

test("who only uploads is no leecher at work", () => {
  const extensions = {
    names: [],
    v: null,
    port: null,
    reqq: null,
    uploadOnly: true,
    metadataBytes: null,
    yourIp: false,
  }
  const { found, completions } = downloads([leecher(2), leecher(3, { extensions })])
  expect(found).toMatchObject({ measured: 1, leechers: 1 })
  expect(completions?.censored).toBe(false)
})

test("of none is it known: a snapshot from before readings were kept", () => {
  expect(downloads([seeder(1), aPeer(2, range(0, 10))])).toEqual({ found: null, completions: null })
})
