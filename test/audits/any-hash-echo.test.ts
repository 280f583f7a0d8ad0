import { expect, test } from "vitest"
import { anyHashEcho } from "../../src/audits/any-hash-echo.ts"
import type { Echo } from "../../src/evidence.ts"
import { failure, type FailureCode } from "../../src/failure.ts"
import { anEvidence, aPeer, aRun, aSeeder, at } from "../support/builders.ts"

const answer = (echoed: boolean, code: FailureCode | null): Echo => ({
  at: at(9_000),
  atMs: 9_000,
  ms: 30,
  echoed,
  failure: code && failure(code),
})
const asked = (echo: Echo | null) => [aSeeder(1), aPeer(9, [], { echo })]
const judge = (echo: Echo | null) => anyHashEcho.judge(anEvidence({ peers: asked(echo) }))

test("a handshake on a random info hash", () => {
  expect(judge(answer(true, null))).toMatchObject([
    {
      verdict: "warn",
      subject: "peer:203.0.113.9:6881",
      pValue: null,
      because:
        "203.0.113.9:6881 shook hands on 20 random bytes that nobody ever published: its handshake says nothing about this torrent",
      evidence: { atMs: 9_000, reflected: false, group: ["203.0.113.9:6881"] },
    },
  ])
})

test("our own handshake, sent back", () => {
  expect(judge(answer(true, "self"))).toMatchObject([
    {
      verdict: "warn",
      because: expect.stringContaining("our own handshake back"),
      evidence: { reflected: true },
    },
  ])
})

test.each(["closed", "reset", "wrong-info-hash", "handshake-timeout", "timeout", "refused"] as const)(
  "%s is as it should be",
  (code) => {
    expect(judge(answer(false, code))).toMatchObject([
      { verdict: "pass", because: "none of 1 peer answered a handshake on a random info hash" },
    ])
  },
)

test("nobody was asked", () => {
  expect(judge(null)).toMatchObject([{ verdict: "skipped" }])
  const run = aRun({ depth: "handshake" })
  expect(anyHashEcho.judge(anEvidence({ run, peers: [] }))).toMatchObject([
    { verdict: "skipped", because: "depth handshake takes no pieces" },
  ])
})

test("where everybody does so, it may be a box on our own line", () => {
  const peers = [1, 2, 3].map((host) => aPeer(host, [], { echo: answer(true, null) }))
  expect(anyHashEcho.judge(anEvidence({ peers }))).toMatchObject([
    {
      verdict: "inconclusive",
      subject: "swarm",
      because: expect.stringContaining("a box on our own line may answer for all"),
      evidence: { of: 3 },
    },
  ])
})
