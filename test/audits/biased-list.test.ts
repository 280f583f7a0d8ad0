import { expect, test } from "vitest"
import { biasedList } from "../../src/audits/biased-list.ts"
import type { Announce, Evidence, Peer } from "../../src/evidence.ts"
import { redact } from "../../src/store/redact.ts"
import {
  aFailedAnnounce,
  anAnnounce,
  anEvidence,
  aRun,
  aSighting,
  aSightedPeer,
  aTracker,
  at,
  range,
  trackerUrl,
} from "../support/builders.ts"

/** One tracker that claims so many and answers with these, reply by reply. */
function answering(
  claimed: number,
  replies: readonly (readonly number[])[],
  overrides: Partial<Announce> = {},
): Evidence {
  const ids = [...new Set(replies.flat())]
  const announces = replies.map((drawn, reply) =>
    anAnnounce({ atMs: reply, seeders: claimed, leechers: 1, peerCount: drawn.length, ...overrides }),
  )
  const peers = ids.map((id): Peer =>
    aSightedPeer(0, {
      address: `198.51.${id >> 8}.${id & 255}:6881`,
      sources: replies.flatMap((drawn, reply) => (drawn.includes(id) ? [aSighting({ at: at(reply) })] : [])),
    }),
  )
  return anEvidence({ trackers: [aTracker({ announces })], peers })
}

const same = answering(2_000, [range(0, 50), range(0, 50), range(0, 50)])

test("the same part again and again is told of the tracker, and isn't an accusation", () => {
  const [found, ...others] = biasedList.judge(same)
  expect(others).toEqual([])
  expect(found).toMatchObject({
    verdict: "inconclusive",
    subject: `tracker:${trackerUrl}`,
    claimed: "2000 peers",
    measured: "50 peers in 3 replies",
    because: `${trackerUrl} shows the same part of its list every time: 100 of 100 peers came again in the next reply, where random draws from 2000 would repeat 3`,
    advice: expect.stringContaining("Honest software"),
  })
  expect(found?.pValue).toBeLessThan(1e-6)
})

test.each<[string, Evidence, string]>([
  [
    "the most recent first: mostly the same",
    answering(2_000, [range(0, 50), range(5, 55), range(10, 60)]),
    "inconclusive tracker",
  ],
  ["two windows that may coincide by chance", answering(2_000, [range(0, 50), range(5, 55)]), "pass swarm"],
  ["other peers every time", answering(2_000, [range(0, 50), range(49, 99)]), "pass swarm"],
  ["the same, twice, of only 200", answering(200, [range(0, 50), range(0, 50)]), "pass swarm"],
  ["more than half, every time", answering(80, [range(0, 50), range(0, 50), range(0, 50)]), "pass swarm"],
  ["everybody, every time", answering(50, [range(0, 50), range(0, 50)]), "pass swarm"],
  ["everybody, once", answering(20, [range(0, 20)]), "pass swarm"],
  ["nearly everybody", answering(60, [range(0, 50), range(0, 50)]), "pass swarm"],
  ["a part, once", answering(2_000, [range(0, 50)]), "inconclusive swarm"],
  ["no counts", answering(2_000, [range(0, 50), range(0, 50)], { leechers: null }), "inconclusive swarm"],
  [
    "only answers of earlier runs",
    answering(2_000, [range(0, 50), range(0, 50)], { reused: true }),
    "skipped swarm",
  ],
  ["depth scrape", { ...same, run: aRun({ depth: "scrape" }) }, "skipped swarm"],
  [
    "no answer",
    anEvidence({ trackers: [aTracker({ announces: [aFailedAnnounce("timeout")] })], peers: [] }),
    "skipped swarm",
  ],
])("%s: %s", (_, evidence, expected) => {
  expect(
    biasedList.judge(evidence).map(({ verdict, subject }) => `${verdict} ${subject.split(":")[0]}`),
  ).toEqual([expected])
})

test.each(["prefix", "full"] as const)("redacted (%s): the same", (how) => {
  expect(biasedList.judge(redact(same, how, new Uint8Array(32)))).toEqual(biasedList.judge(same))
})
