import { expect, test } from "vitest"
import { missingPieces } from "../../src/audits/missing-pieces.ts"
import { aLeecher, anEvidence, aRun, aSilentPeer, range } from "../support/builders.ts"

const judge = (overrides: Parameters<typeof anEvidence>[0]) => missingPieces.judge(anEvidence(overrides))[0]

test("every piece is there", () => {
  expect(judge({})).toMatchObject({ verdict: "pass", because: "2 reached peers together hold all 16 pieces" })
})

test("a missing piece fails and names its files, padding never", () => {
  const found = judge({ peers: [aLeecher(1, [...range(0, 7), ...range(8, 15)])] })
  expect(found).toMatchObject({
    verdict: "fail",
    because: "2 pieces of 16 (7, 15) missing among 1 of 1 peer reached, needed for a.bin, b.bin",
    evidence: {
      missingPieces: "7, 15",
      files: [
        { path: "a.bin", missing: 1 },
        { path: "b.bin", missing: 1 },
      ],
    },
  })
})

test("with too many unreached it is no answer", () => {
  expect(judge({ peers: [aLeecher(1, range(0, 15)), aSilentPeer(2)] })).toMatchObject({
    verdict: "inconclusive",
    because:
      "1 piece of 16 (15) missing among 1 of 2 peers reached, needed for b.bin; those not reached may hold them",
  })
})

test("web seeds that nobody asked may hold it", () => {
  const found = judge({
    peers: [aLeecher(1, range(0, 15))],
    webSeeds: [{ url: "https://files.example.org/" }],
  })
  expect(found).toMatchObject({ verdict: "inconclusive", because: expect.stringContaining("web seeds") })
})

test("nobody reached: no answer; nobody asked: no question", () => {
  expect(judge({ peers: [aSilentPeer(1)] })?.verdict).toBe("inconclusive")
  expect(judge({ run: aRun({ depth: "discover" }), peers: [] })?.verdict).toBe("skipped")
})
