import { describe, expect, test } from "vitest"
import { frozenCounter } from "../../src/audits/frozen-counter.ts"
import type { Announce, Evidence, Peer } from "../../src/evidence.ts"
import {
  aLeecher,
  anAnnounce,
  anEvidence,
  aRun,
  aSeeder,
  aSighting,
  at,
  aTracker,
  aWrongSample,
  pieceCount,
  range,
  trackerUrl,
} from "../support/builders.ts"

const minuteMs = 60_000
/** Asked three times, ten minutes apart. */
const announced = (...over: Partial<Announce>[]): Announce[] =>
  range(0, 3).map((i) => {
    const atMs = 10 * i * minuteMs
    const of = over[i] ?? over[0]
    return anAnnounce({
      seeders: 4,
      leechers: 9,
      intervalMs: 5 * minuteMs,
      minIntervalMs: 5 * minuteMs,
      atMs,
      peerCount: 6,
      ...of,
    })
  })
const named = range(0, 3).map((i) => aSighting({ at: at(10 * i * minuteMs) }))

/** A leecher that completed at this minute. */
const completing = (host: number, minute: number, over: Partial<Peer> = {}): Peer =>
  aSeeder(host, {
    sources: named,
    haveEvents: [
      { atMs: (minute - 1) * minuteMs, count: pieceCount / 2 },
      { atMs: minute * minuteMs, count: pieceCount },
    ],
    ...over,
  })
const three = [completing(1, 3), completing(2, 7), completing(3, 12)]

const judge = (announces: Announce[], peers: Peer[], earlier: Evidence["earlier"] = null) =>
  frozenCounter.judge(
    anEvidence({
      run: aRun({ durationMs: 21 * minuteMs }),
      trackers: [aTracker({ announces })],
      peers,
      earlier,
    }),
  )

test("the same counts three times while three whom it lists completed: accused, with when and who", () => {
  expect(judge(announced(), three)).toMatchObject([
    {
      verdict: "warn",
      subject: `tracker:${trackerUrl}`,
      measured: "3 completions meanwhile",
      evidence: {
        at: [at(0), at(10 * minuteMs), at(20 * minuteMs)],
        completions: [{ address: three[0]?.address }, {}, {}],
      },
    },
  ])
})

test("where it tells no downloads, more seeders listed than counted accuse", () => {
  const announces = announced({ downloads: null, seeders: 2, peerCount: 3 })
  expect(judge(announces, three)).toMatchObject([{ verdict: "warn", evidence: { seedersListed: 3 } }])
})

describe("inconclusive", () => {
  test.each<[string, Announce[], Peer[]]>([
    ["two completions", announced(), three.slice(1)],
    ["no downloads told: others may have left", announced({ downloads: null }), three],
    ["always 0 downloads, as who doesn't count them says", announced({ downloads: 0 }), three],
    [
      "one who completed sent wrong pieces: its word is none",
      announced(),
      [...three.slice(1), completing(1, 3, { samples: [aWrongSample(0)] })],
    ],
  ])("%s", (_, announces, peers) => {
    expect(judge(announces, peers)).toMatchObject([{ verdict: "inconclusive" }])
  })
})

describe("nobody is accused", () => {
  const seedersNow = [...range(0, 2).map((i) => completing(i, 3)), aLeecher(9, [0])]
  test.each<[string, Announce[], Peer[], string]>([
    ["a quiet swarm", announced(), [aSeeder(1, { sources: named })], "pass"],
    ["counts that moved", announced({}, {}, { seeders: 5 }), three, "skipped"],
    ["downloads that rose", announced({}, { downloads: 11 }, { downloads: 13 }), three, "skipped"],
    ["two announces", announced().slice(0, 2), three, "skipped"],
    [
      "completions just before the last reply",
      announced(),
      range(1, 4).map((i) => completing(i, 18)),
      "pass",
    ],
    [
      "seeders with a lazy bitfield",
      announced(),
      range(1, 4).map((i) =>
        completing(i, 3, {
          haveEvents: [
            { atMs: 3 * minuteMs, count: pieceCount / 2 },
            { atMs: 3 * minuteMs + 300, count: pieceCount - 1 },
            { atMs: 3 * minuteMs + 2_500, count: pieceCount },
          ],
        }),
      ),
      "pass",
    ],
    [
      "counts that may be kept for half an hour, as clients are to announce then",
      announced({ intervalMs: 30 * minuteMs }),
      three,
      "pass",
    ],
    ["peers that it never listed", announced(), three.map((peer) => ({ ...peer, sources: [] })), "pass"],
    [
      "one that began with nothing: it may super-seed",
      announced(),
      [
        completing(1, 3, {
          haveEvents: [
            { atMs: 0, count: 0 },
            { atMs: 9, count: pieceCount },
          ],
        }),
      ],
      "pass",
    ],
    [
      "replies nearer than its minimum",
      announced().map((each, i) => ({ ...each, atMs: 60 * i, at: at(60 * i) })),
      seedersNow,
      "skipped",
    ],
  ])("%s", (_, announces, peers, verdict) => {
    expect(judge(announces, peers)).toMatchObject([{ verdict, subject: "swarm" }])
  })

  test("an answer used again is no new one", () => {
    expect(judge(announced({}, {}, { reused: true }), three)).toMatchObject([{ verdict: "skipped" }])
  })
})

test("earlier runs' announces count, and what changed between them", () => {
  const half = {
    peerId: null,
    client: "Transmission 4.0.6",
    uploadOnly: false,
    haveCount: 8,
    bitfield: null,
    fromCount: 8,
  }
  const reading = {
    by: "announce",
    seeders: 4,
    leechers: 9,
    downloads: 10,
    selfCount: 1,
    minIntervalMs: 5 * minuteMs,
  } as const
  const runs = [-60, -30].map((minute) => ({ at: at(minute * minuteMs), durationMs: minuteMs }))
  const done = { ...half, at: at(-29 * minuteMs), haveCount: pieceCount, fromCount: pieceCount }
  const earlier = {
    runs,
    peers: range(1, 4).map((host) => ({
      address: `203.0.113.${host}:6881`,
      readings: [{ ...half, at: at(-59 * minuteMs) }, done],
    })),
    trackers: [
      {
        url: trackerUrl,
        readings: runs.map(({ at }) => ({
          ...reading,
          at,
          listed: range(1, 4).map((host) => `203.0.113.${host}:6881`),
        })),
      },
    ],
  }
  const seeders = range(1, 4).map((host) => aSeeder(host))
  expect(judge(announced().slice(0, 1), seeders, earlier)).toMatchObject([{ verdict: "warn" }])
})
