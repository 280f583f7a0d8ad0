import { expect, test } from "vitest"
import { sharedUplink } from "../../src/audits/shared-uplink.ts"
import type { Trial } from "../../src/evidence.ts"
import { steadily } from "../measure/server.ts"
import { anEvidence, aRun, aSeeder } from "../support/builders.ts"

const MiB = 1024 * 1024

/** Each alone at 1 MiB/s, one after the other, and then together at that. */
const neighbours = (together: number) => [
  aSeeder(1, { samples: [...steadily(0, 4_000, MiB), ...steadily(8_000, 10_000, together)] }),
  aSeeder(2, { samples: [...steadily(4_000, 8_000, MiB), ...steadily(8_000, 10_000, together)] }),
]
const judge = (together: number) => {
  const peers = neighbours(together)
  const trial: Trial = {
    between: "neighbours",
    peers: peers.map(({ address }) => address),
    togetherMs: [8_000, 10_000],
    aloneMs: [0, 4_000],
  }
  return sharedUplink.judge(anEvidence({ run: aRun({ trials: [trial] }), peers }))
}

test("one uplink for two is noticed, and nobody is accused", () => {
  expect(judge(MiB / 2)).toMatchObject([
    {
      verdict: "inconclusive",
      subject: "swarm",
      because:
        "203.0.113.1:6881, 203.0.113.2:6881 share one uplink, or our own link is full: together they gave 1.0 MiB/s, counted once",
    },
  ])
})

test("neighbours that do not slow each other pass", () => {
  expect(judge(MiB)).toMatchObject([
    { verdict: "pass", because: "neighbours did not slow each other in 1 trial" },
  ])
})

test("no trial, no finding", () => {
  expect(sharedUplink.judge(anEvidence())).toEqual([])
})
