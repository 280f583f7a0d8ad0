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
