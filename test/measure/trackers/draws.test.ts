import { expect, test } from "vitest"
import { drawsOf } from "../../../src/measure/trackers/draws.ts"
import {
  aFailedAnnounce,
  anAnnounce,
  anEvidence,
  aSighting,
  aSightedPeer,
  aTracker,
  at,
} from "../../support/builders.ts"

const named = (host: number, ...times: number[]) =>
  aSightedPeer(host, { sources: times.map((atMs) => aSighting({ at: at(atMs) })) })

test("a reply is a draw; failed, reused and farewell ones are none", () => {
  const announces = [
    anAnnounce({ atMs: 0, seeders: 5, leechers: 4, peerCount: 2 }),
    anAnnounce({ atMs: 1_000, family: "ipv6", seeders: 5, leechers: 5, selfCount: 2, peerCount: 2 }),
    aFailedAnnounce("timeout", { atMs: 2_000, at: at(2_000) }),
    anAnnounce({ atMs: 3_000, reused: true }),
    anAnnounce({ atMs: 4_000, event: "stopped", peerCount: 0 }),
  ]
  const peers = [named(1, 0), named(2, 0, 1_000), named(3, 3_000), aSightedPeer(4, { outcome: "self" })]
  expect(drawsOf(anEvidence({ trackers: [aTracker({ announces })], peers }))).toEqual([
    [
      {
        at: at(0),
        family: "ipv4",
        peers: new Set(["203.0.113.1:6881", "203.0.113.2:6881"]),
        complete: true,
        claimed: 8,
        seeders: 5,
      },
      {
        at: at(1_000),
        family: "ipv6",
        peers: new Set(["203.0.113.2:6881"]),
        complete: false,
        claimed: 8,
        seeders: 5,
      },
    ],
  ])
})

test("two replies of the same millisecond can't be told apart", () => {
  const announces = [
    anAnnounce({ peerCount: 1 }),
    anAnnounce({ family: "ipv6", seeders: null, peerCount: 1 }),
  ]
  expect(drawsOf(anEvidence({ trackers: [aTracker({ announces })], peers: [named(1, 0)] }))).toMatchObject([
    [{ family: "ipv4+ipv6", complete: false, claimed: null, seeders: null }],
  ])
})
