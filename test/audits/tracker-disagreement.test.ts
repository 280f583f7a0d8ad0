import { expect, test } from "vitest"
import { trackerDisagreement } from "../../src/audits/tracker-disagreement.ts"
import { aFailedAnnounce, anAnnounce, anEvidence, aSeeder, aSighting, aTracker } from "../support/builders.ts"

const url = (i: number) => `udp://t${i}.example.org:6969`
/** Each tracker names one peer of its own, so that none is another's mirror. */
const swarm = (...counts: number[]) =>
  anEvidence({
    trackers: counts.map((seeders, i) =>
      aTracker({ url: url(i), announces: [anAnnounce({ seeders, leechers: 1 })] }),
    ),
    peers: counts.map((_, i) => aSeeder(i + 1, { sources: [aSighting({ via: url(i) })] })),
  })
const judge = (...counts: number[]) => trackerDisagreement.judge(swarm(...counts))[0]

test("similar counts, and a single one", () => {
  expect(judge(48, 46, 40)).toMatchObject({
    verdict: "pass",
    because: "3 trackers claim from 40 to 48 peers",
  })
  expect(judge(48)).toMatchObject({ verdict: "pass" })
})

test("far apart is information, never an accusation", () => {
  expect(judge(48, 3)).toMatchObject({ verdict: "inconclusive", subject: "swarm" })
})

test("with five trackers the odd one is named", () => {
  expect(judge(48, 46, 50, 47, 4_800)).toMatchObject({
    verdict: "inconclusive",
    because: `${url(4)} (4800) is far from the other trackers' counts`,
  })
})

test("mirrors count once", () => {
  const evidence = swarm(48, 48, 48, 48)
  const everywhere = evidence.trackers.map(({ url }) => aSighting({ via: url }))
  const peers = evidence.peers.map((peer) => ({ ...peer, sources: everywhere }))
  expect(trackerDisagreement.judge({ ...evidence, peers })[0]).toMatchObject({
    verdict: "pass",
    because: "all trackers list the same peers: mirrors",
    evidence: { mirrors: 3 },
  })
})

test("nothing claimed, nothing to compare", () => {
  const trackers = [aTracker({ announces: [aFailedAnnounce("refused")] })]
  expect(trackerDisagreement.judge(anEvidence({ trackers }))[0]?.verdict).toBe("skipped")
})
