/** What a stream hears of what is recorded: each thing once, when it happened. */
import { expect, test } from "vitest"
import type { Progress, RunEvent, Tracker } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import { createEvents } from "../../src/gather/events.ts"
import { newEntry, type Entry } from "../../src/gather/peer-book.ts"
import { createRecord } from "../../src/wire/record.ts"
import {
  aFailedAnnounce,
  aSample,
  anAnnounce,
  anAttempt,
  at,
  aTracker,
  startedAt,
} from "../support/builders.ts"

const progress = (now: number, phase: Progress["phase"] = "peers"): Progress => ({
  now,
  timeoutMs: 60_000,
  name: "example",
  sizeBytes: 1,
  phase,
  trackers: { answered: 0, total: 1, peers: 0 },
  dht: null,
  pex: { listening: 0, peers: 0 },
  metadata: null,
  peers: { known: 0, dialled: 0, handshaken: 0, refused: 0, timedOut: 0 },
  pieces: { verified: 0, wanted: 1, bytes: 0, bytesPerSecond: 0.5 },
})

function listener() {
  let heard: RunEvent[] = []
  const events = createEvents(startedAt, (event) => void heard.push(event))
  return (now: number, more: { trackers?: Tracker[]; entries?: Entry[]; phase?: Progress["phase"] } = {}) => {
    heard = []
    const { trackers = [], entries = [], phase } = more
    events.look({ progress: progress(now, phase), trackers, entries, webSeeds: [] })
    return heard.filter(({ type }) => type !== "progress")
  }
}

test("a phase when it changes", () => {
  const hear = listener()
  expect(hear(100, { phase: "trackers" })).toEqual([{ type: "phase", at: at(100), phase: "trackers" }])
  expect(hear(350, { phase: "trackers" })).toEqual([])
  expect(hear(600)).toMatchObject([{ type: "phase", phase: "peers" }])
})

test("a tracker's answer, and that none came, when it did", () => {
  const hear = listener()
  hear(0)
  const tracker = aTracker({ announces: [anAnnounce({ at: at(40), seeders: 48 })] })
  expect(hear(250, { trackers: [tracker] })).toMatchObject([
    {
      type: "tracker",
      at: at(40),
      url: tracker.url,
      question: "started",
      ok: true,
      seeders: 48,
      peerCount: 2,
    },
  ])
  expect(hear(500, { trackers: [tracker] })).toEqual([])
  tracker.announces.push(aFailedAnnounce("timeout", { event: "stopped" }))
  expect(hear(750, { trackers: [tracker] })).toMatchObject([
    { type: "tracker", question: "stopped", ok: false, failure: "timeout" },
  ])
})

test("a peer as it gets further, its failed dials, and its pieces", () => {
  const hear = listener()
  hear(0)
  const entry = newEntry("203.0.113.1:6881")
  const entries = [entry]
  expect(hear(250, { entries })).toMatchObject([
    { type: "peer", at: at(250), stage: "sighted", failure: null },
  ])
  entry.attempts.push(anAttempt({ ok: false, failure: failure("refused") }))
  expect(hear(500, { entries })).toMatchObject([{ stage: "dialled", failure: "refused" }])
  expect(hear(750, { entries })).toEqual([])
  const visit = createRecord({ transport: "tcp", encryption: "none" }, 800, 20)
  entry.visits.push(visit)
  Object.assign(visit, {
    handshakeMs: 40,
    client: "Transmission 4.0.6",
    haveCount: 16,
    pieces: new Uint8Array(2),
  })
  expect(hear(1_000, { entries })).toMatchObject([
    { stage: "claimed", failure: null, client: "Transmission 4.0.6", haveCount: 16 },
  ])
  visit.samples.push(aSample(3, { atMs: 1_100, ms: 90.123 }))
  expect(hear(1_250, { entries })).toMatchObject([
    {
      type: "piece",
      at: "2026-03-14T09:15:01.190Z",
      piece: 3,
      ms: 90.12,
      verified: true,
      address: entry.address,
    },
    { type: "peer", stage: "verified" },
  ])
  expect(hear(1_500, { entries })).toEqual([])
})

test("how it stands, every two seconds", () => {
  const heard: RunEvent[] = []
  const events = createEvents(startedAt, (event) => void heard.push(event))
  for (let now = 0; now <= 5_000; now += 250)
    events.look({ progress: progress(now), trackers: [], entries: [], webSeeds: [] })
  expect(heard.filter(({ type }) => type === "progress").map((event) => event.at)).toEqual([
    at(0),
    at(2_000),
    at(4_000),
  ])
})
