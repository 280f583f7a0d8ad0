import { expect, test } from "vitest"
import { refusingTracker } from "../../src/audits/refusing-tracker.ts"
import { failure } from "../../src/failure.ts"
import {
  aFailedAnnounce,
  aFailedScrape,
  anAnnounce,
  aScrape,
  aTracker,
  trackerUrl,
} from "../support/builders.ts"

const refusal = aFailedAnnounce("tracker-refused", {
  failure: failure("tracker-refused", "torrent not registered"),
})
const judge = (overrides: Parameters<typeof aTracker>[0]) =>
  refusingTracker.judge({ trackers: [aTracker(overrides)] })

test("a refusal with its reason", () => {
  expect(judge({ announces: [refusal] })).toMatchObject([
    {
      verdict: "warn",
      subject: `tracker:${trackerUrl}`,
      because: `${trackerUrl} refused: "torrent not registered"`,
    },
  ])
})

test("a refused announce isn't made good by a scrape", () => {
  expect(judge({ announces: [refusal], scrape: aScrape() })).toMatchObject([{ verdict: "warn" }])
})

test("without a reason", () => {
  expect(judge({ announces: [aFailedAnnounce("tracker-refused")] })[0]?.because).toBe(
    `${trackerUrl} refused: no reason given`,
  )
})

test.each([
  ["the other family is served", { announces: [refusal, anAnnounce({ family: "ipv6" })] }],
  ["only the scrape was refused", { scrape: aFailedScrape("tracker-refused") }],
  ["it is dead", { announces: [aFailedAnnounce("timeout")] }],
])("not when %s", (_, overrides) => {
  expect(judge(overrides)).toMatchObject([{ verdict: "pass" }])
})

test("a refused scrape alone is no accusation: BEP 48 is optional", () => {
  expect(judge({ announces: [], scrape: aFailedScrape("tracker-refused") })).toMatchObject([
    { verdict: "inconclusive", because: expect.stringContaining("BEP 48") },
  ])
})
