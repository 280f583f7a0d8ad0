import { expect, test } from "vitest"
import { allChoked } from "../../src/audits/all-choked.ts"
import { aLeecher, anEvidence, aRun, aSeeder } from "../support/builders.ts"

const choking = (host: number) => aSeeder(host, { samples: [], outcome: "choked" })
const judge = (overrides: Parameters<typeof anEvidence>[0]) => allChoked.judge(anEvidence(overrides))

test("nobody unchoked us: never an accusation", () => {
  expect(judge({ peers: [choking(1), choking(2)] })).toMatchObject([
    {
      verdict: "inconclusive",
      subject: "swarm",
      because: "none of 2 peers with pieces unchoked us within 40 s; their upload slots may be full",
    },
  ])
})

test("one that does is enough", () => {
  expect(judge({ peers: [choking(1), aSeeder(2)] })).toMatchObject([
    { verdict: "pass", because: "1 of 2 peers with pieces unchoked us" },
  ])
})

test("who only gives what it allows while it chokes us did not unchoke us (BEP 6)", () => {
  const allowing = aSeeder(1, { outcome: "choked", stage: "verified" })
  expect(judge({ peers: [allowing, choking(2)] })).toMatchObject([{ verdict: "inconclusive" }])
})

test("peers without pieces have nothing to unchoke us for", () => {
  expect(judge({ peers: [aLeecher(1, [])] })).toMatchObject([{ verdict: "skipped" }])
})

test("depth handshake asks nobody", () => {
  expect(judge({ run: aRun({ depth: "handshake" }), peers: [choking(1)] })).toMatchObject([
    { verdict: "skipped" },
  ])
})
