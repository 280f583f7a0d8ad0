import { expect, test } from "vitest"
import { deadTracker } from "../../src/audits/dead-tracker.ts"
import { waitedForOthers } from "../../src/evidence/words.ts"
import { failure } from "../../src/failure.ts"
import {
  aFailedAnnounce,
  aFailedScrape,
  anAnnounce,
  anEvidence,
  aRun,
  aTracker,
} from "../support/builders.ts"

const judge = (...trackers: ReturnType<typeof aTracker>[]) => deadTracker.judge(anEvidence({ trackers }))
const old = (announce: ReturnType<typeof anAnnounce>) =>
  aTracker({ url: "udp://old.example.net:1337", protocol: "udp", announces: [announce] })
const other = (announces = [anAnnounce()]) => aTracker({ url: "https://bt3.example.net/announce", announces })
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
  expect(judge(other(), notFound)[0]?.because).toBe("https://tracker.example.org/announce answered HTTP 404")
  const announces = [aFailedAnnounce("timeout"), aFailedAnnounce("refused", { family: "ipv6" })]
  const both = [anAnnounce(), anAnnounce({ family: "ipv6" })]
  expect(judge(other(both), aTracker({ announces }))[0]?.because).toBe(
    "https://tracker.example.org/announce timed out and refused the connection 2 of 2 tries",
  )
})

test("doubtful silence accuses nobody", () => {
  expect(judge(aTracker(), old(aFailedAnnounce("timeout", { tries: 3 })))).toMatchObject([
    { verdict: "inconclusive" },
  ])
})

test("a name that was not looked up in time accuses nobody: others may have kept it waiting", () => {
  const waiting = aFailedAnnounce("timeout", { family: null, tries: 0 })
  expect(judge(living, old(waiting))).toMatchObject([
    { verdict: "inconclusive", because: expect.stringContaining("tell its fault from ours") },
  ])
})

test("what fails through a proxy may fail there alone", () => {
  const contact = { encryption: "prefer", utp: false, proxy: true, off: [] } as const
  const trackers = [living, old(aFailedAnnounce("timeout", { tries: 3 }))]
  expect(
    deadTracker.judge(anEvidence({ trackers, run: aRun({ contact: { ...contact, off: [] } }) })),
  ).toMatchObject([{ verdict: "inconclusive" }])
})

test("a long reply that waited for others' accuses nobody", () => {
  const failed = aFailedAnnounce("timeout", { tries: 3, failure: failure("timeout", waitedForOthers) })
  expect(judge(other(), aTracker({ announces: [failed] }))).toMatchObject([{ verdict: "inconclusive" }])
})

test("a status that may pass, or is meant for us alone, accuses nobody", () => {
  for (const status of ["HTTP 403", "HTTP 429", "HTTP 503"]) {
    const busy = aFailedAnnounce("http-status", { failure: failure("http-status", status) })
    expect(judge(other(), aTracker({ announces: [busy] }))).toMatchObject([
      {
        verdict: "inconclusive",
        because: `https://tracker.example.org/announce answered ${status}, which may pass, or be meant for us alone`,
      },
    ])
  }
  const early = aFailedAnnounce("tls", { failure: failure("tls", "CERT_NOT_YET_VALID") })
  expect(judge(other(), aTracker({ announces: [early] }))).toMatchObject([{ verdict: "inconclusive" }])
})

test("one silent try of a run that ended before the next accuses nobody", () => {
  const trackers = [other(), aTracker({ announces: [aFailedAnnounce("timeout", { tries: 1 })] })]
  const verdicts = (["timeout", "complete"] as const).map(
    (stopReason) =>
      deadTracker.judge(
        anEvidence({ trackers, run: aRun({ stopReason, complete: stopReason === "complete" }) }),
      )[0]?.verdict,
  )
  expect(verdicts).toEqual(["inconclusive", "warn"])
})

test("a scrape alone accuses nobody: trackers need not offer it", () => {
  const scraped = aTracker({ announces: [], scrape: aFailedScrape("timeout") })
  expect(judge(other(), scraped)).toMatchObject([
    {
      verdict: "inconclusive",
      because:
        "https://tracker.example.org/announce timed out when scraped, which trackers need not offer (BEP 48)",
    },
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
