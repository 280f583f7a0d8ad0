import { expect, test } from "vitest"
import { deadTracker } from "../../src/audits/dead-tracker.ts"
import { failure } from "../../src/failure.ts"
import { aFailedAnnounce, aFailedScrape, anAnnounce, anEvidence, aTracker } from "../support/builders.ts"

const judge = (...trackers: ReturnType<typeof aTracker>[]) => deadTracker.judge(anEvidence({ trackers }))
const old = (announce: ReturnType<typeof anAnnounce>) =>
  aTracker({ url: "udp://old.example.net:1337", protocol: "udp", announces: [announce] })
const living = aTracker({ url: "udp://bt2.example.org:6969", protocol: "udp" })

test("its silence, after all its tries", () => {
  expect(judge(living, old(aFailedAnnounce("timeout", { tries: 3 })))).toMatchObject([
    {
      verdict: "warn",
      subject: "tracker:udp://old.example.net:1337",
      because: "udp://old.example.net:1337 timed out 3 of 3 tries",
      advice: "Fix it or drop it from the torrent; new peers wait for it.",
    },
  ])
})

test("what it answered instead", () => {
  const notFound = aTracker({
    announces: [aFailedAnnounce("http-status", { failure: failure("http-status", "HTTP 404") })],
  })
  expect(judge(notFound)[0]?.because).toBe("https://tracker.example.org/announce answered HTTP 404")
  const announces = [aFailedAnnounce("timeout"), aFailedAnnounce("refused", { family: "ipv6" })]
  expect(judge(living, aTracker({ announces }))[0]?.because).toBe(
    "https://tracker.example.org/announce timed out and refused the connection 2 of 2 tries",
  )
})

test("doubtful silence accuses nobody", () => {
  expect(judge(aTracker(), old(aFailedAnnounce("timeout", { tries: 3 })))).toMatchObject([
    { verdict: "inconclusive" },
  ])
})

test("those that answer, refuse or were not asked are not dead", () => {
  const refusing = aTracker({ announces: [aFailedAnnounce("tracker-refused")] })
  const web = aTracker({
    url: "wss://tracker.example.org",
    protocol: "wss",
    announces: [aFailedAnnounce("unsupported")],
  })
  const scraped = aTracker({ scrape: aFailedScrape("unsupported") })
  expect(judge(living, refusing, web, scraped)).toMatchObject([
    { verdict: "pass", because: "3 of 4 trackers asked, all answered" },
  ])
  expect(judge()).toMatchObject([{ verdict: "pass", because: "no tracker was asked" }])
})

test("a failed farewell says nothing", () => {
  const announces = [anAnnounce(), aFailedAnnounce("timeout", { event: "stopped" })]
  expect(judge(aTracker({ announces }))).toMatchObject([{ verdict: "pass" }])
})
