import { describe, expect, test } from "vitest"
import type { Estimate, Peer } from "../../src/evidence.ts"
import { downloadable } from "../../src/measure/downloadable.ts"
import { fullCopyMs } from "../../src/measure/full-copy.ts"
import { outliers } from "../../src/measure/statistics/outliers.ts"
import { medianGoodput, totalGoodput } from "../../src/measure/rates.ts"
import { sampledPieces, shareHigh } from "../../src/measure/sampled.ts"
import { ranges } from "../../src/measure/wording.ts"
import {
  aFailedSample,
  aLeecher,
  anEvidence,
  aPeer,
  aSample,
  aSeeder,
  aWrongSample,
  pieceBytes,
  pieceCount,
  range,
} from "../support/builders.ts"

const rate = (value: number, overrides: Partial<Estimate> = {}): Estimate => ({
  value,
  low: value * 0.9,
  high: value * 1.1,
  n: 8,
  confidence: 0.95,
  censored: false,
  ...overrides,
})
const fast = (value: number, overrides: Partial<Estimate> = {}): Partial<Peer> => ({
  goodputBytesPerSecond: rate(value, overrides),
})

describe("a full copy takes", () => {
  const sizeBytes = pieceCount * pieceBytes

  test("size over the sum of rates, the interval from their ends", () => {
    const found = fullCopyMs(
      anEvidence({ peers: [aSeeder(1, fast(1_000_000)), aSeeder(2, fast(3_000_000))] }),
    )
    expect(found?.value).toBeGreaterThan((sizeBytes / 4_000_000) * 1_000)
    expect(found?.low).toBeGreaterThan((sizeBytes / 4_400_000) * 1_000)
    expect(found?.high).toBeGreaterThan((sizeBytes / 3_600_000) * 1_000)
  })

  test("at least as long as what only one peer holds takes from it", () => {
    const half = aLeecher(2, range(0, 8), fast(100_000_000))
    const found = fullCopyMs(anEvidence({ peers: [aSeeder(1, fast(1_000_000)), half] }))
    expect(found?.value).toBeGreaterThan((8 * pieceBytes) / 1_000)
  })

  test("no upper end when a piece is only with peers whose rate is unknown", () => {
    const found = fullCopyMs(anEvidence({ peers: [aSeeder(1), aLeecher(2, range(0, 8), fast(1_000_000))] }))
    expect(found).toMatchObject({ high: null, n: 1 })
  })

  test("no lower end when a cap of ours held a rate back", () => {
    const found = fullCopyMs(
      anEvidence({ peers: [aSeeder(1, fast(1_000_000, { high: null, censored: true }))] }),
    )
    expect(found).toMatchObject({ low: 0, censored: true })
  })

  test("what a peer that sent wrong bytes would send is worth nothing", () => {
    const samples = [aSample(1), aWrongSample(2)]
    const liar = aSeeder(2, { ...fast(9_000_000), samples })
    const found = fullCopyMs(anEvidence({ peers: [aSeeder(1, fast(1_000_000)), liar] }))
    expect(found).toMatchObject({ n: 1 })
    expect(found?.value).toBeGreaterThan(sizeBytes / 1_000)
    expect(medianGoodput([liar])).toBeNull()
    expect(totalGoodput([liar, aSeeder(1, fast(7))])).toBe(7)
  })

  test("unknown when a piece is missing or nothing was measured", () => {
    expect(fullCopyMs(anEvidence())).toBeNull()
    expect(fullCopyMs(anEvidence({ peers: [aLeecher(1, [0], fast(1))] }))).toBeNull()
  })
})

describe("the median rate", () => {
  const median = (...values: number[]) =>
    medianGoodput(values.map((value, i) => aPeer(i + 1, [], fast(value))))

  test("from six peers on, bounded by order statistics", () => {
    expect(median(6, 1, 5, 2, 4, 3)).toMatchObject({ value: 3.5, low: 1, high: 6, n: 6, confidence: 0.95 })
    expect(median(...range(1, 14))).toMatchObject({ value: 7, low: 3, high: 11, n: 13 })
  })

  test("with fewer, the whole range with the confidence that it has", () => {
    expect(median(10, 20, 30)).toMatchObject({ value: 20, low: 9, confidence: 0.75 })
    expect(median()).toBeNull()
  })

  test("of one peer is its own", () => {
    expect(median(10)).toEqual(rate(10, { n: 1 }))
  })

  test("nobody's is none", () => {
    expect(median()).toBeNull()
  })

  test("censored only by a capped peer at or below it", () => {
    const peers = (capped: number) =>
      range(1, 8).map((value) =>
        aPeer(value, [], fast(value, value === capped ? { censored: true, high: null } : {})),
      )
    expect(medianGoodput(peers(7))).toMatchObject({ censored: false, high: null })
    expect(medianGoodput(peers(2))).toMatchObject({ censored: true, high: null })
  })

  test("of an even number: by a capped one on either side of the middle", () => {
    const peers = (capped: number) =>
      range(1, 9).map((value) =>
        aPeer(value, [], fast(value, value === capped ? { censored: true, high: null } : {})),
      )
    expect([3, 4, 5, 6].map((capped) => medianGoodput(peers(capped))?.censored)).toEqual([
      true,
      true,
      true,
      false,
    ])
  })

  test("the total is the sum, and null without any", () => {
    expect(totalGoodput([aPeer(1, [], fast(2)), aPeer(2, [], fast(3)), aPeer(3, [])])).toBe(5)
    expect(totalGoodput([])).toBeNull()
  })

  test("an uplink that several share counts once, and our own link carries no more than it can", () => {
    const peers = [aPeer(1, [], fast(2)), aPeer(2, [], fast(3)), aPeer(3, [], fast(4))]
    const addresses = peers.slice(0, 2).map(({ address }) => address)
    const uplinks = [{ addresses, rate: rate(3), theirs: true }]
    expect(totalGoodput(peers, { ceiling: null, uplinks })).toBe(7)
    expect(totalGoodput(peers, { ceiling: rate(5), uplinks })).toBe(5)
  })
})

describe("sampled pieces", () => {
  test("the exact bound: 32 clean samples leave at most 8.9%", () => {
    expect(shareHigh(0, 32)).toBeCloseTo(0.0894, 3)
    expect(shareHigh(0, 59)).toBeLessThan(0.05)
    expect(shareHigh(0, 0)).toBeNull()
  })

  test("with hits it is Clopper and Pearson's", () => {
    // 1 − β quantile, from tables: 2 of 20.
    expect(shareHigh(2, 20)).toBeCloseTo(0.2826, 3)
    expect(shareHigh(20, 20)).toBeCloseTo(1)
  })

  test("a piece that somebody sent right is verified; chokes, closes and budgets say nothing", () => {
    const peers = [
      aPeer(1, range(0, 16), {
        samples: [aWrongSample(3), aSample(4), aFailedSample(5, "choked"), aFailedSample(6, "budget")],
      }),
      aPeer(2, [], { samples: [aSample(3), aFailedSample(7, "rejected"), aFailedSample(8, "closed")] }),
    ]
    expect(sampledPieces(anEvidence({ peers }))).toMatchObject({ verified: [3, 4], failed: [7] })
  })

  test("all pieces verified leave nothing", () => {
    const peers = [aSeeder(1, { samples: range(0, pieceCount).map((piece) => aSample(piece)) })]
    expect(sampledPieces(anEvidence({ peers })).unservableRatioHigh).toBe(0)
    expect(sampledPieces(anEvidence({ peers: [] })).unservableRatioHigh).toBeNull()
    const blocks = [
      aSeeder(1, { samples: range(0, pieceCount).map((piece) => aSample(piece, { offset: 0 })) }),
    ]
    expect(sampledPieces(anEvidence({ peers: blocks })).unservableRatioHigh).toBe(shareHigh(0, pieceCount))
  })

  test("what nobody holds can't be served: it counts in full", () => {
    const leecher = aLeecher(1, range(0, 12), { samples: [aSample(0), aSample(1)] })
    const high = shareHigh(0, 2) ?? 0
    expect(sampledPieces(anEvidence({ peers: [leecher] })).unservableRatioHigh).toBeCloseTo(
      (4 + high * 12) / 16,
    )
  })

  test("no bound while only peers that choke us hold some", () => {
    const leecher = aLeecher(1, range(0, 12), { samples: [aSample(0), aSample(1)] })
    const choker = aSeeder(2, { samples: [] })
    expect(sampledPieces(anEvidence({ peers: [leecher, choker] })).unservableRatioHigh).toBeNull()
    const generous = aSeeder(2, { samples: [], timeline: { ...choker.timeline, unchokeMs: 900 } })
    expect(sampledPieces(anEvidence({ peers: [leecher, generous] })).unservableRatioHigh).toBe(
      shareHigh(0, 2),
    )
  })

  test("what peers that choke us chose to give (BEP 6) is no pick of ours", () => {
    const honest = aSeeder(1, { samples: [aSample(0), aSample(1)] })
    const choosing = aSeeder(2, { outcome: "choked", samples: [aSample(2), aSample(3), aSample(4)] })
    const { verified, unservableRatioHigh } = sampledPieces(anEvidence({ peers: [honest, choosing] }))
    expect(verified).toEqual([0, 1, 2, 3, 4])
    expect(unservableRatioHigh).toBe(shareHigh(0, 2))
  })
})

describe("downloadable", () => {
  const answer = (...peers: Peer[]) => downloadable(anEvidence({ peers }))
  const served = [aSample(1), aSample(2), aSample(3)]

  test("unknown when a piece failed twice and nobody sent it right", () => {
    for (const code of ["rejected", "snubbed", "timeout"] as const) {
      const refusing = (host: number) => aSeeder(host, { samples: [...served, aFailedSample(7, code)] })
      expect(answer(refusing(1), refusing(2))).toEqual({
        answer: "unknown",
        because: "Piece 7 failed whenever asked for, though claimed; 3 sampled pieces verified",
      })
      expect(answer(refusing(1)).answer).toBe("yes")
      expect(answer(refusing(1), refusing(2), aSeeder(3, { samples: [aSample(7)] })).answer).toBe("yes")
    }
  })

  test("unknown when a lone seeder refused most of what was asked", () => {
    const refused = [4, 5, 6, 7].map((piece) => aFailedSample(piece, "rejected"))
    expect(answer(aSeeder(1, { samples: [...served, ...refused] }))).toEqual({
      answer: "unknown",
      because: "Only 3 of 7 sampled pieces could be had, though all are claimed",
    })
  })
})

test("outliers: none named among fewer than five", () => {
  expect(outliers([1, 1_000, 1, 1])).toBeNull()
  expect(outliers([48, 46, 50, 47, 4_800])).toEqual([4])
  expect(outliers([40, 46, 50, 47, 55])).toEqual([])
})

test("ranges of pieces", () => {
  expect(ranges([1, 2, 3, 7, 9, 10], 3)).toBe("1–3, 7, 9–10")
  expect(ranges([1, 3, 5, 7], 2)).toBe("1, 3 and 2 more")
})
