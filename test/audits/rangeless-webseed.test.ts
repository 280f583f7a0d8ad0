import { expect, test } from "vitest"
import { rangelessWebseed } from "../../src/audits/rangeless-webseed.ts"
import type { WebSeed } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import { anEvidence } from "../support/builders.ts"
import { anAttemptAt, aWebSeed, failedBy, refusedWith, seedUrl } from "../support/web-seeds.ts"

const judge = (...webSeeds: WebSeed[]) => rangelessWebseed.judge(anEvidence({ webSeeds }))
const whole = failedBy(failure("no-range", "all of it, not a part"), 200)

test("the whole file for a part of it, twice", () => {
  expect(judge(aWebSeed({ attempts: [whole, whole] }))).toMatchObject([
    {
      verdict: "warn",
      subject: `webseed:${seedUrl}`,
      because: `${seedUrl} did not give the part of a file that it was asked for in 2 of 2 requests: all of it, not a part`,
      measured: "2 of 2 requests",
    },
  ])
})

test.each<[string, WebSeed]>([
  ["once", aWebSeed({ attempts: [whole] })],
  ["a cache that gave parts, too", aWebSeed({ attempts: [whole, whole, anAttemptAt()] })],
])("%s accuses nobody", (_, seed) => {
  expect(judge(seed)).toMatchObject([{ verdict: "inconclusive" }])
})

test("parts, nothing to tell by, not asked", () => {
  expect(judge(aWebSeed())).toMatchObject([{ verdict: "pass" }])
  expect(judge(aWebSeed({ attempts: [refusedWith(503)] }))).toMatchObject([{ verdict: "inconclusive" }])
  expect(judge({ url: seedUrl })).toEqual([])
})
