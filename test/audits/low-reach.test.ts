import { expect, test } from "vitest"
import { lowReach } from "../../src/audits/low-reach.ts"
import { aLeecher, anEvidence, aRun, aSeeder, aSightedPeer, aSilentPeer, range } from "../support/builders.ts"

const judge = (overrides: Parameters<typeof anEvidence>[0]) => lowReach.judge(anEvidence(overrides))

test("who was not reached, and why: our vantage's fault as likely as theirs", () => {
  const peers = [
    aSeeder(1),
    aSilentPeer(2),
    aSilentPeer(3),
    aSightedPeer(4),
    aSightedPeer(5, { outcome: "filtered" }),
  ]
  expect(judge({ peers })).toMatchObject([
    {
      verdict: "inconclusive",
      subject: "self",
      measured: "25%",
      because: "1 of 4 peers reached (25%); unreached: 2 connect-timeout, 1 not-tried",
      evidence: { filtered: 1, unreached: { "connect-timeout": 2, "not-tried": 1 } },
    },
  ])
})

test("who kept silent after the handshake told us nothing", () => {
  const peers = [aSeeder(1), aLeecher(2, [], { claimSent: false })]
  expect(judge({ peers })).toMatchObject([
    { verdict: "inconclusive", because: "1 of 2 peers reached (50%); unreached: 1 silent" },
  ])
})

test("80% is enough", () => {
  const peers = [...range(1, 5).map((host) => aSeeder(host)), aSilentPeer(9)]
  expect(judge({ peers })).toMatchObject([{ verdict: "pass", because: "4 of 5 peers reached (80%)" }])
})

test("those whom a cap of ours kept out were not reached either", () => {
  const run = aRun({ capsHit: [{ cap: "max-peers", atMs: 0, dropped: 8 }] })
  expect(judge({ run })).toMatchObject([
    {
      verdict: "inconclusive",
      because: "2 of 10 peers reached (20%); the rest was left out by a limit of ours",
    },
  ])
})

test("nobody to reach", () => {
  expect(judge({ peers: [] })).toMatchObject([{ verdict: "skipped", measured: null }])
  expect(judge({ run: aRun({ depth: "discover" }) })).toMatchObject([{ verdict: "skipped", measured: null }])
})
