import { describe, expect, test } from "vitest"
import type { Estimate, Peer } from "../../src/evidence.ts"
import { fullCopyMs } from "../../src/measure/full-copy.ts"
import {
  aLeecher,
  anEvidence,
  aPeer,
  aSample,
  aSeeder,
  aSighting,
  aTorrent,
  aWrongSample,
  at,
  pieceBytes,
  pieceCount,
  range,
} from "../support/builders.ts"
import { randomOf } from "./server.ts"

describe("a full copy", () => {
  const sizeBytes = pieceCount * pieceBytes
  const grants = (value: number, overrides: Partial<Estimate> = {}): Partial<Peer> => ({
    goodputBytesPerSecond: {
      value,
      low: value * 0.9,
      high: value * 1.1,
      n: 8,
      confidence: 0.95,
      censored: false,
      ...overrides,
    },
  })
  const copy = (...peers: Peer[]) => fullCopyMs(anEvidence({ peers }))
  /** Of the builders' peers: found at 0, one of so many dialled, greeted at 95 ms, unchoked at 1,300 ms. */
  const startMs = (sighted: number, unchokedAfterMs = 1_205) =>
    (sighted * 1_000) / 20 / 2 + 95 + unchokedAfterMs
  const ownStartMs = 2_000

  test("from one seeder: its start, size over rate, and what the client needs for itself", () => {
    const found = copy(aSeeder(1, grants(100_000)))
    const usually = startMs(1) + sizeBytes / 100 + (0.1 * pieceBytes) / 100 + ownStartMs
    expect(found?.value).toBeCloseTo(usually, 0)
    expect(found?.low).toBeLessThan(startMs(1) + sizeBytes / 110)
    expect(found?.low).toBeGreaterThan(sizeBytes / 110.5)
    expect(found?.high).toBeGreaterThan(sizeBytes / 90 + 12_500)
    expect(found).toMatchObject({ n: 1, confidence: 0.95, censored: false })
  })

  test("of a v2 torrent, in which the last piece of each file is short", () => {
    const file = (path: string, firstPiece: number) => ({
      path,
      sizeBytes: 7.5 * pieceBytes,
      firstPiece,
      lastPiece: firstPiece + 7,
      pad: false,
      piecesRoot: "ab".repeat(32),
    })
    const torrent = aTorrent({
      infoHashV1: null,
      infoHashV2: "cd".repeat(32),
      sizeBytes: 15 * pieceBytes,
      files: [file("a", 0), file("b", 8)],
    })
    const found = fullCopyMs(anEvidence({ torrent, peers: [aSeeder(1, grants(100_000))] }))
    const whole = copy(aSeeder(1, grants(100_000)))
    expect(whole!.value - found!.value).toBeCloseTo(pieceBytes / 100, 0)
  })

  test("errors of many peers even out, the 2% that they have in common doesn't", () => {
    const found = copy(...range(1, 101).map((host) => aSeeder(host, grants(500))))
    const fluidMs = (1_000 * sizeBytes) / 50_000
    expect(found?.low).toBeGreaterThan(fluidMs / 1.03)
    expect(found?.low).toBeLessThan(fluidMs / 1.02 + startMs(100))
  })

  test("what only one peer holds takes as long as that", () => {
    const half = aLeecher(2, range(0, 8), grants(100_000_000))
    const found = copy(aSeeder(1, grants(10_000)), half)
    const wastedMs = (1.1 * pieceBytes) / 10
    expect(found?.value).toBeCloseTo(startMs(2) + (8 * pieceBytes) / 10 + wastedMs + ownStartMs, 0)
  })

  test("no upper end when a piece is only with peers whose rate is unknown", () => {
    const found = copy(aSeeder(1), aLeecher(2, range(0, 8), grants(1_000_000)))
    expect(found).toMatchObject({ high: null, n: 1 })
    expect(found?.value).toBeGreaterThan(sizeBytes / 1_000)
  })

  test("no lower end when a cap of ours held a rate back", () => {
    expect(copy(aSeeder(1, grants(1_000_000, { high: null, censored: true })))).toMatchObject({
      low: 0,
      censored: true,
    })
  })

  test("but one when what takes longest is with others", () => {
    const capped = aLeecher(2, range(0, 8), grants(1_000_000, { high: null, censored: true }))
    expect(copy(aSeeder(1, grants(10_000)), capped)?.low).toBeGreaterThan((8 * pieceBytes) / 11.1)
  })

  test("no upper end when a rate may be nothing", () => {
    expect(copy(aSeeder(1, grants(1_000, { low: 0 })))?.high).toBeNull()
  })

  test("who was reached and not measured may halve it, at most by what it holds", () => {
    const alone = copy(aSeeder(1, grants(10_000)))
    const choker = copy(aSeeder(1, grants(10_000)), aSeeder(2, { samples: [] }))
    expect((choker?.low ?? 0) / (alone?.low ?? 1)).toBeCloseTo(0.5, 1)
    expect(choker?.high).toBeCloseTo(alone?.high ?? 0, -3)
    const poor = copy(aSeeder(1, grants(10_000)), aLeecher(2, [3]))
    expect((poor?.low ?? 0) / (alone?.low ?? 1)).toBeCloseTo(15 / 16, 1)
  })

  test("a leecher that gains pieces may come to hold those that only a slow seeder has", () => {
    const half = (haveEvents: Peer["haveEvents"]) =>
      aLeecher(2, range(0, 8), { ...grants(100_000), haveEvents })
    const low = (leecher: Peer) => copy(aSeeder(1, grants(10_000)), leecher)?.low ?? 0
    expect(low(half([]))).toBeGreaterThan((8 * pieceBytes) / 11.1)
    expect(
      low(
        half([
          { atMs: 1, count: 2 },
          { atMs: 9, count: 8 },
        ]),
      ),
    ).toBeLessThan(sizeBytes / 100)
  })

  test("who unchokes in rounds may do so at once or a round later", () => {
    const slow = aSeeder(1, grants(100_000))
    const found = copy({ ...slow, timeline: { ...slow.timeline, unchokeMs: 4_095 } })
    const atOnce = copy(slow)
    expect((found?.value ?? 0) - (atOnce?.value ?? 0)).toBeCloseTo(5_000 - 1_205, 0)
    expect(found?.low).toBeLessThan((atOnce?.low ?? 0) + 2_000)
    expect(found?.high).toBeGreaterThan((atOnce?.high ?? 0) + 4_000)
  })

  test("who only came by itself is met that much later", () => {
    const peer = aSeeder(1, grants(100_000))
    const attempts = peer.attempts.map((each) => ({ ...each, direction: "incoming" as const, atMs: 20_000 }))
    expect((copy({ ...peer, attempts })?.value ?? 0) - (copy(peer)?.value ?? 0)).toBeCloseTo(20_000, 0)
    const told = { ...peer, sources: [aSighting({ kind: "pex", via: null, at: at(20_000) })] }
    expect(copy(told)?.value).toBe(copy({ ...peer, attempts })?.value)
  })

  test("peers on one uplink and a narrow link of ours take longer", () => {
    const peers = [aSeeder(1, grants(100_000)), aSeeder(2, grants(100_000))]
    const evidence = anEvidence({ peers })
    const rate = grants(100_000).goodputBytesPerSecond as Estimate
    const addresses = peers.map(({ address }) => address)
    const free = fullCopyMs(evidence)?.value ?? 0
    const shared = fullCopyMs(evidence, { groups: [{ addresses, rate }], ceiling: null })?.value ?? 0
    const narrow = fullCopyMs(evidence, { groups: [], ceiling: rate })?.value ?? 0
    expect(shared).toBeGreaterThan(free + sizeBytes / 250)
    expect(narrow).toBeCloseTo(shared, 6)
  })

  test("what a peer that sent wrong bytes would send is worth nothing", () => {
    const liar = aSeeder(2, { ...grants(9_000_000), samples: [aSample(1), aWrongSample(2)] })
    const alone = copy(aSeeder(1, grants(1_000_000)))
    const found = copy(aSeeder(1, grants(1_000_000)), liar)
    expect(found?.n).toBe(1)
    expect(found?.low).toBeCloseTo(alone?.low ?? 0, -2)
  })

  test("unknown when a piece is missing or nothing was measured", () => {
    expect(copy(aSeeder(1))).toBeNull()
    expect(copy(aLeecher(1, [0], grants(1)))).toBeNull()
  })

  test("of 3,000 pieces that 60 leechers hold each in its own way", () => {
    const random = randomOf(3)
    const pieces = 3_000
    const peers = range(1, 61).map((host) =>
      aPeer(
        host,
        range(0, pieces).filter(() => random() < 0.5),
        grants(100_000),
        pieces,
      ),
    )
    const torrent = aTorrent({ pieceCount: pieces, sizeBytes: pieces * pieceBytes })
    const found = fullCopyMs(anEvidence({ peers, torrent }))
    expect((found?.value ?? 0) / ((1_000 * pieces * pieceBytes) / 6_000_000)).toBeCloseTo(1, 1)
  })
})
