import { expect, test } from "vitest"
import { corruptData } from "../../src/audits/corrupt-data.ts"
import type { Sample } from "../../src/evidence.ts"
import { anEvidence, aRun, aSample, aSeeder, aWrongSample } from "../support/builders.ts"

const others = [aSeeder(1, { samples: [aSample(3), aSample(8)] }), aSeeder(2, { samples: [aSample(3)] })]
const judge = (...samples: Sample[]) =>
  corruptData.judge(anEvidence({ peers: [...others, aSeeder(9, { samples })] }))

test("two wrong pieces that others sent right", () => {
  expect(judge(aWrongSample(3), aWrongSample(8))).toMatchObject([
    {
      verdict: "warn",
      subject: "peer:203.0.113.9:6881",
      because: "203.0.113.9:6881 sent wrong bytes for pieces 3, 8; other peers sent the right ones",
      evidence: {
        samples: [
          { piece: 3, rightFrom: ["203.0.113.1:6881", "203.0.113.2:6881"] },
          { piece: 8, rightFrom: ["203.0.113.1:6881"] },
        ],
        group: ["203.0.113.9:6881"],
      },
    },
  ])
})

test("one piece wrong twice", () => {
  expect(judge(aWrongSample(3), aWrongSample(3), aSample(5))).toMatchObject([
    {
      verdict: "warn",
      because: "203.0.113.9:6881 sent wrong bytes for piece 3, twice; another peer sent the right ones",
      measured: "2 wrong, 1 right",
    },
  ])
})

test.each([
  ["one wrong piece", [aWrongSample(3)]],
  ["pieces that nobody else sent right", [aWrongSample(11), aWrongSample(12)]],
  ["one provable among several", [aWrongSample(3), aWrongSample(11), aWrongSample(12)]],
  ["a piece that only it sent right later", [aWrongSample(11), aWrongSample(11), aSample(11)]],
])("%s accuses nobody", (_, samples) => {
  expect(judge(...samples)).toMatchObject([{ verdict: "inconclusive", subject: "peer:203.0.113.9:6881" }])
})

test("each of several is accused on its own, with the group", () => {
  const wrong = [aWrongSample(3), aWrongSample(8)]
  const peers = [...others, aSeeder(8, { samples: wrong }), aSeeder(9, { samples: wrong })]
  const found = corruptData.judge(anEvidence({ peers }))
  const group = ["203.0.113.8:6881", "203.0.113.9:6881"]
  expect(found.map(({ subject }) => subject)).toEqual(group.map((address) => `peer:${address}`))
  expect(found.every(({ evidence }) => JSON.stringify(evidence.group) === JSON.stringify(group))).toBe(true)
})

test("all right, nothing sent, nothing asked", () => {
  expect(judge(aSample(4))).toMatchObject([
    { verdict: "pass", because: "4 whole pieces from 3 peers, all right" },
  ])
  expect(corruptData.judge(anEvidence({ peers: [] }))).toMatchObject([{ verdict: "skipped" }])
  expect(corruptData.judge(anEvidence({ run: aRun({ depth: "handshake" }), peers: [] }))).toMatchObject([
    { verdict: "skipped", because: "depth handshake takes no pieces" },
  ])
})

const aBlock = (piece: number, offset: number, over: Partial<Sample> = {}) =>
  aSample(piece, { offset, bytes: 16_384, proof: "merkle", ...over })
const aWrongBlock = (piece: number, offset: number, over: Partial<Sample> = {}) =>
  aWrongSample(piece, { offset, bytes: 16_384, proof: "merkle", ...over })

test("one block wrong twice, which others sent in a whole piece", () => {
  expect(judge(aWrongBlock(8, 16_384), aWrongBlock(8, 16_384))).toMatchObject([
    {
      verdict: "warn",
      because: "203.0.113.9:6881 sent wrong bytes for piece 8, twice; another peer sent the right ones",
      evidence: {
        samples: [
          { piece: 8, offset: 16_384, proof: "merkle", rightFrom: ["203.0.113.1:6881"] },
          { piece: 8, offset: 16_384, proof: "merkle", rightFrom: ["203.0.113.1:6881"] },
        ],
      },
    },
  ])
})

test.each<[string, Sample, string]>([
  ["the same block is a witness", aBlock(5, 0), "warn"],
  ["another block of the piece is none", aBlock(5, 16_384), "inconclusive"],
])("%s", (_, right, verdict) => {
  const wrong = [aWrongBlock(5, 0), aWrongBlock(5, 0)]
  const peers = [aSeeder(1, { samples: [right] }), aSeeder(9, { samples: wrong })]
  const found = corruptData.judge(anEvidence({ peers }))
  expect(found).toMatchObject([{ verdict, subject: "peer:203.0.113.9:6881" }])
})

test("a block is no witness for a whole piece", () => {
  const wrong = [aWrongSample(5), aWrongSample(5)]
  const peers = [aSeeder(1, { samples: [aBlock(5, 0)] }), aSeeder(9, { samples: wrong })]
  expect(corruptData.judge(anEvidence({ peers }))).toMatchObject([{ verdict: "inconclusive" }])
})

test("the publisher's own copy needs no other peer; once is still too little", () => {
  const wrong = aWrongBlock(11, 0, { proof: "reference" })
  expect(judge(wrong, wrong)).toMatchObject([
    {
      verdict: "warn",
      because:
        "203.0.113.9:6881 sent wrong bytes for piece 11, twice; the publisher's own copy has the right ones",
    },
  ])
  expect(judge(wrong)).toMatchObject([{ verdict: "inconclusive" }])
})

test("blocks are told apart from whole pieces", () => {
  expect(judge(aBlock(4, 0), aBlock(6, 0))).toMatchObject([
    {
      verdict: "pass",
      because: "3 whole pieces and 2 blocks of 16 KiB from 3 peers, all right",
      measured: "3 pieces and 2 blocks of 16 KiB right",
    },
  ])
})
