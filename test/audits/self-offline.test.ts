import { expect, test } from "vitest"
import { selfOffline } from "../../src/audits/self-offline.ts"
import { aFailedAnnounce, anEvidence, aSilentPeer, aTracker } from "../support/builders.ts"

test("everything failed at once", () => {
  const trackers = [aTracker({ announces: [aFailedAnnounce("timeout")] })]
  expect(selfOffline.judge(anEvidence({ trackers, peers: [aSilentPeer(1)] }))).toMatchObject([
    {
      verdict: "inconclusive",
      subject: "self",
      measured: "0 of 2",
      because: expect.stringMatching(/^nothing answered/),
    },
  ])
})

test("something answered, and nobody was asked", () => {
  expect(selfOffline.judge(anEvidence())).toMatchObject([{ verdict: "pass", measured: "3 of 3" }])
  expect(selfOffline.judge({ trackers: [], dht: null, peers: [], webSeeds: [] })).toMatchObject([
    { verdict: "pass", because: "nobody was asked" },
  ])
})
