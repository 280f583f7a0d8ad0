import { describe, expect, test } from "vitest"
import { mergeSnapshots } from "../../src/merge.ts"
import type { Evidence, Peer, Run, Sample } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import { merged as schema, type Merged } from "../../src/report/merged.ts"
import { redact } from "../../src/store/redact.ts"
import {
  aFailedAnnounce,
  aFailedSample,
  aLeecher,
  anAnnounce,
  anAttempt,
  anEvidence,
  aRun,
  aSample,
  aScrape,
  aSeeder,
  aSighting,
  aSilentPeer,
  aTorrent,
  aTracker,
  aWrongSample,
  at,
  range,
  trackerUrl,
} from "../support/builders.ts"
import { anAttemptAt, aRedirect, aWebSeed, failedBy } from "../support/web-seeds.ts"

const minute = 60_000

/** Of this place, so long after the first. */
const from = (label: string, overrides: Partial<Evidence> = {}, atMs = 0) => ({
  label,
  snapshot: anEvidence({
    run: aRun({ id: `${label}-${atMs}`.padStart(8, "0"), startedAt: at(atMs) }),
    ...overrides,
  }),
})

const merge = (...audits: ReturnType<typeof from>[]): Merged => schema.parse(mergeSnapshots(audits, "0.0.0"))

const served = (host: number): Peer => aSeeder(host, { samples: range(0, 12).map((piece) => aSample(piece)) })
const told = (found: Merged, audit: string) =>
  found.findings
    .filter((finding) => finding.audit === audit)
    .map(({ verdict, vantages }) => `${verdict} ${vantages.join(" ")}`)

describe("each peer once", () => {
  const found = merge(
    from("ams", { peers: [served(1), aSilentPeer(2), aLeecher(3, [0])] }),
    from("nyc", {
      peers: [
        served(1),
        served(2),
        aSilentPeer(4, { sources: [aSighting({ kind: "dht", via: "192.0.2.1:1" })] }),
      ],
    }),
  )

  test("with who saw it, how far each got, and who named it there", () => {
    expect(found.peers).toHaveLength(4)
    expect(found.peers.find(({ address }) => address.startsWith("203.0.113.2:"))).toMatchObject({
      seeder: true,
      seen: [
        {
          vantage: "ams",
          stage: "dialled",
          outcome: "connect-timeout",
          reached: false,
          sources: [{ kind: "tracker", via: trackerUrl }],
        },
        { vantage: "nyc", stage: "verified", outcome: "ok", reached: true },
      ],
    })
    expect(found.peers.find(({ address }) => address.startsWith("203.0.113.4:"))?.seen).toMatchObject([
      { vantage: "nyc", sources: [{ kind: "dht", via: null }] },
    ])
  })

  test("counted by place and together", () => {
    expect(
      found.vantages.map(({ label, swarm }) => [
        label,
        swarm.seeders.reached,
        swarm.leechers.reached,
        swarm.heard,
        swarm.onlyHere,
      ]),
    ).toEqual([
      ["ams", 1, 1, 3, 1],
      ["nyc", 2, 0, 3, 1],
    ])
    expect(found.swarm).toMatchObject({
      found: 4,
      reached: 3,
      reachRatio: 0.75,
      seeders: { reached: 2, verified: 2 },
      leechers: { reached: 1 },
    })
  })

  test("few, and most of them seen again: a wide estimate", () => {
    expect(found.swarm.population).toMatchObject({ n: 3, low: 3 })
    expect(found.swarm.population?.high).toBeGreaterThan(10)
  })

  test("hardly anybody seen again: none, and it says so", () => {
    const apart = merge(
      from("ams", { peers: range(1, 9).map(served) }),
      from("nyc", { peers: range(8, 16).map(served) }),
    )
    expect(apart.swarm).toMatchObject({
      population: null,
      because: "the places have hardly anybody in common",
    })
  })
})

test("what each tracker told each place, ourselves subtracted; goodbyes left out", () => {
  const answers = [
    anAnnounce({ seeders: 5, leechers: 4, selfCount: 2, peerCount: 7 }),
    anAnnounce({ event: "stopped", atMs: 9 }),
  ]
  const found = merge(
    from("ams", { trackers: [aTracker({ announces: answers })] }),
    from("nyc", {
      trackers: [
        aTracker({ announces: [aFailedAnnounce("timeout")] }),
        aTracker({ url: "udp://b.example.net:1" }),
      ],
    }),
  )
  expect(found.trackers).toMatchObject([
    {
      url: trackerUrl,
      answers: [
        { vantage: "ams", ok: true, seeders: 5, leechers: 2, peers: 7 },
        { vantage: "nyc", ok: false, failure: { code: "timeout" }, seeders: null },
      ],
    },
    { url: "udp://b.example.net:1", answers: [{ vantage: "nyc" }] },
  ])
})

describe("one answer", () => {
  const whole = { peers: range(1, 6).map(served) }
  const two = [aTracker({ announces: [anAnnounce({ seeders: 0, leechers: 2 })] })]
  const lacking = { peers: [aLeecher(1, range(0, 8), { samples: [aSample(0)] })], trackers: two }
  const offline = {
    peers: [aSilentPeer(1)],
    trackers: [aTracker({ announces: [aFailedAnnounce("timeout")] })],
  }

  test("yes from anywhere is yes", () => {
    const found = merge(from("ams", lacking), from("nyc", whole))
    expect(found.verdict).toMatchObject({ downloadable: "yes" })
    expect(found.verdict.because).toMatch(
      /^From nyc: reached peers hold every piece; .*; not for certain from ams$/,
    )
    expect(found.vantages.map(({ verdict }) => verdict.downloadable)).toEqual(["no", "yes"])
  })

  test("what one place takes for the swarm's fault is open where another saw more", () => {
    const found = merge(from("ams", lacking), from("nyc", whole))
    expect(told(found, "missing-pieces")).toEqual(["inconclusive ams", "pass nyc"])
    expect(told(found, "no-seeder")).toEqual(["inconclusive ams", "pass nyc"])
    expect(found.findings.filter(({ verdict }) => verdict === "fail")).toEqual([])
  })

  test("no from all is no, unless together they have every piece", () => {
    const other = { peers: [aLeecher(2, range(8, 16), { samples: [aSample(8)] })], trackers: two }
    expect(merge(from("ams", lacking), from("nyc", lacking)).verdict).toMatchObject({
      downloadable: "no",
      status: "critical",
    })
    const found = merge(from("ams", lacking), from("nyc", other))
    expect(found.swarm.missingPieces).toEqual([])
    expect(found.verdict.downloadable).toBe("unknown")
    expect(found.verdict.because).toContain("Every place lacks pieces")
  })

  test("a place without a network has no say, and accuses nobody", () => {
    const found = merge(from("ams", whole), from("nyc", offline))
    expect(found.verdict.downloadable).toBe("yes")
    expect(found.vantages[1]).toMatchObject({ label: "nyc", offline: true })
    const accused = found.findings.filter(
      ({ verdict, vantages }) => ["warn", "fail"].includes(verdict) && vantages.includes("nyc"),
    )
    expect(accused).toEqual([])
    expect(merge(from("ams", offline), from("nyc", offline)).verdict).toMatchObject({
      status: "unknown",
      downloadable: "unknown",
    })
  })

  test("what a place saw months ago answers nothing of today, and refutes nothing", () => {
    const months = 60 * 24 * 60 * minute
    const dead = merge(from("nyc", whole), from("ams", lacking, months))
    expect(dead.verdict).toMatchObject({ status: "critical", downloadable: "no" })
    expect(told(dead, "no-seeder")).toContain("warn ams")
    expect(dead.swarm.missingPieces).toEqual(range(8, 16))
    const alive = merge(from("nyc", lacking), from("ams", whole, months))
    expect(alive.verdict).toMatchObject({ status: "ok", downloadable: "yes" })
    expect(told(alive, "no-seeder")).toContain("warn nyc")
    const near = merge(from("nyc", whole), from("ams", lacking, 120 * minute))
    expect(near.verdict).toMatchObject({ downloadable: "yes" })
    const gone = merge(from("nyc", lacking), from("ams", offline, months))
    expect(gone.verdict).toMatchObject({ downloadable: "no" })
  })

  test("a tracker that refuses one place alone may mean that place", () => {
    const second = aTracker({ url: "https://b.example.org/announce" })
    const [refusing, serving] = [
      [second, aTracker({ announces: [aFailedAnnounce("tracker-refused")] })],
      [second, aTracker()],
    ]
    const places = (nyc: typeof serving) =>
      merge(from("ams", { ...whole, trackers: refusing }), from("nyc", { ...whole, trackers: nyc }))
    expect(told(places(refusing), "refusing-tracker")).toEqual(["warn ams nyc"])
    expect(told(places(serving), "refusing-tracker")).toContain("inconclusive ams")
  })

  test("a tracker that is dead from one place alone is not dead", () => {
    const second = "https://b.example.org/announce"
    const dead = [
      aTracker({ url: second }),
      aTracker({ announces: [aFailedAnnounce("refused", { tries: 3 })] }),
    ]
    const both = [aTracker({ url: second }), aTracker()]
    expect(
      told(
        merge(from("ams", { ...whole, trackers: dead }), from("nyc", { ...whole, trackers: dead })),
        "dead-tracker",
      ),
    ).toEqual(["warn ams nyc"])
    expect(
      told(
        merge(from("ams", { ...whole, trackers: dead }), from("nyc", { ...whole, trackers: both })),
        "dead-tracker",
      ),
    ).toContain("inconclusive ams")
    const stored = [
      aTracker({ url: second }),
      aTracker({ announces: [anAnnounce({ reused: true })], scrape: aScrape() }),
    ]
    expect(
      told(
        merge(from("ams", { ...whole, trackers: dead }), from("nyc", { ...whole, trackers: stored })),
        "dead-tracker",
      ),
    ).toContain("warn ams")
  })
})

describe("rounds", () => {
  test("of several audits of a place the newest counts; what trackers said counts of all", () => {
    const found = merge(
      from("ams", { peers: [aSeeder(2)] }, 40 * minute),
      from("nyc", { peers: [aSeeder(1)] }),
      from("ams", { peers: [aSeeder(1)] }),
    )
    expect(
      found.vantages.map(({ label, rounds }) => [label, rounds.map(({ run }) => run.startedAt)]),
    ).toEqual([
      ["ams", [at(0), at(40 * minute)]],
      ["nyc", [at(0)]],
    ])
    expect(found.peers.map(({ seen }) => seen.map(({ vantage }) => vantage))).toEqual([["ams"], ["nyc"]])
    expect(found.trackers[0]?.answers).toHaveLength(3)
    expect(found.notes).toEqual([
      "several audits from ams: of each place the newest counts, and what trackers said of all",
    ])
  })

  test("the same run twice counts once, and it is said", () => {
    const one = from("ams")
    const found = merge(one, { ...one, label: "copy" }, from("nyc"))
    expect(found.vantages.map(({ label }) => label)).toEqual(["ams", "nyc"])
    expect(found.notes).toEqual(["1 snapshot of a run that was given already: counted once"])
  })

  test("hours apart they saw different swarms: no estimate", () => {
    const peers = range(1, 30).map((host) => aSeeder(host))
    expect(merge(from("ams", { peers }), from("nyc", { peers }, 30 * minute)).swarm.population).not.toBeNull()
    const found = merge(from("ams", { peers }), from("nyc", { peers }, 300 * minute))
    expect(found.swarm).toMatchObject({
      population: null,
      because: "the newest audits lie 5 h apart, and saw different swarms",
      reached: 29,
    })
    expect(found.notes).toEqual([
      "the newest audits lie 5 h apart, and saw different swarms",
      "ams looked more than 3 h before the last: not heard in the answer",
    ])
  })
})

describe("renamed peers", () => {
  const peers = range(1, 30).map((host) => aSeeder(host))
  const renamed = (label: string, key: number, how: "prefix" | "full" = "prefix") => {
    const { snapshot } = from(label, { peers })
    return { label, snapshot: redact(snapshot, how, new Uint8Array(32).fill(key)) }
  }

  test("with one key: who is who is known", () => {
    expect(merge(renamed("ams", 1), renamed("nyc", 1)).swarm).toMatchObject({ reached: 29, because: null })
  })

  test.each([
    ["two keys", renamed("ams", 1), renamed("nyc", 2)],
    ["renamed and not", renamed("ams", 1), from("nyc", { peers })],
    ["to another degree", renamed("ams", 1), renamed("nyc", 1, "full")],
  ])("%s: nobody is matched, and nothing said that rests on it", (_, one, other) => {
    const found = merge(one, other)
    expect(found.swarm).toMatchObject({
      found: null,
      reached: null,
      reachRatio: null,
      population: null,
      seeders: { reached: null, estimate: null },
    })
    expect(found.swarm.because).toBe("peers were renamed with different keys, and can't be matched")
    expect(found.vantages.map(({ swarm }) => swarm.onlyHere)).toEqual([null, null])
    expect(found.notes[0]).toContain("--redact none")
    expect(found.vantages.map(({ swarm }) => swarm.seeders.reached)).toEqual([29, 29])
  })

  test("an older record doesn't say with which key", () => {
    const old = (label: string) => {
      const { snapshot } = renamed(label, 1)
      const { redaction: _, ...run } = snapshot.run
      return { label, snapshot: { ...snapshot, run } }
    }
    expect(merge(old("ams"), old("nyc")).swarm.reached).toBeNull()
  })
})

test("a hybrid's hashes come from whoever knows them", () => {
  const v2 = "ab".repeat(32)
  const found = merge(
    from("ams", { torrent: aTorrent({ infoHashV2: v2 }) }),
    from("nyc", { torrent: aTorrent({ pieceCount: 0, files: [] }) }),
  )
  expect(found.torrent).toMatchObject({ infoHashV1: aTorrent().infoHashV1, infoHashV2: v2, pieceCount: 16 })
})

test("all that it says can be worked out again from the audits in it", () => {
  const found = merge(
    from("ams", { peers: range(1, 12).map(served) }),
    from("nyc", { peers: range(4, 20).map(served) }),
  )
  const again = found.vantages.flatMap(({ label, rounds }) => rounds.map((snapshot) => ({ label, snapshot })))
  expect(mergeSnapshots(again, "0.0.0")).toEqual(found)
})

test("who is accused from two places is accused once, by both", () => {
  const lying = [
    aSeeder(1, { samples: [aSample(3), aSample(4)] }),
    aSeeder(2, { samples: [3, 4].map((piece) => aSample(piece, { verified: false })), outcome: "bad-data" }),
    served(3),
  ]
  const found = merge(
    from("ams", { peers: lying }),
    from("nyc", { peers: lying }),
    from("sgp", { peers: [served(3)] }),
  )
  expect(told(found, "corrupt-data").filter((each) => !each.startsWith("pass"))).toEqual(["warn ams nyc"])
})

describe("whom one place found withholding, and another place was served by", () => {
  const refused = (piece: number) => aFailedSample(piece, "rejected", { atMs: 2_000, ms: 40 })
  const withholding = aSeeder(9, { samples: [12, 12, 13, 13].map(refused).concat(aSample(1)) })
  const silence = { waitedMs: 60_000, heardMs: null, begunBytes: 0 }
  const mute = aSeeder(9, {
    attempts: [anAttempt({ atMs: 1_000, ms: 62_000 }), anAttempt({ atMs: 68_000, ms: 61_000 })],
    samples: [2_000, 68_500].map((atMs) => aFailedSample(3, "snubbed", { atMs, ms: 20_000 })),
    silences: [
      { ...silence, fromMs: 2_000, toMs: 62_500, heardMs: 60_000 },
      { ...silence, fromMs: 68_500, toMs: 128_700, heardMs: 128_000 },
    ],
  })
  const honest = aSeeder(1, {
    samples: [12, 13].flatMap((piece) => [
      aSample(piece, { atMs: 30_000 }),
      aSample(piece, { atMs: 100_000 }),
    ]),
  })
  const four = aSeeder(9, {
    samples: [12, 12, 13, 13, 14, 14].map(refused).concat(aSample(1)),
  })
  const wholly = aSeeder(1, {
    samples: [12, 13, 14].flatMap((piece) => [
      aSample(piece, { atMs: 30_000 }),
      aSample(piece, { atMs: 100_000 }),
    ]),
  })
  const six = { address: "[2001:db8::9]:6881", alsoAt: [aSeeder(9).address] }
  const webSeed = (overrides: Parameters<typeof aWebSeed>[0] = {}) => ({ webSeeds: [aWebSeed(overrides)] })
  const missing = failedBy(failure("http-status", "HTTP 404"), 404)
  const moved = aRedirect("http://new.example.org/a.bin", { status: 301 })
  const lengthy = failedBy(failure("wrong-length", "9 bytes"), 206, { path: "b.bin", piece: 8 })
  const whole = failedBy(failure("no-range"), 200)
  const serving = (...pieces: number[]) => ({
    peers: [aSeeder(9, { samples: pieces.map((piece) => aSample(piece)) })],
  })

  test.each<[string, Partial<Evidence>, Partial<Evidence>, Partial<Evidence>[]]>([
    [
      "unserved-claims",
      { peers: [honest, withholding] },
      serving(13),
      [serving(1, 2), { peers: [honest, withholding] }],
    ],
    ["unserved-claims", { peers: [wholly, four] }, serving(12, 13), [serving(13)]],
    [
      "unserved-claims",
      { peers: [honest, withholding] },
      { peers: [aSeeder(9, { ...six, samples: [aSample(12)] })] },
      [{ peers: [aSeeder(8, { samples: [aSample(12)] })] }],
    ],
    [
      "snubbing-peer",
      { peers: [honest, mute] },
      serving(1),
      [{ peers: [aSeeder(9, { samples: [] }), aSeeder(8, { samples: [aSample(1)] })] }],
    ],
    [
      "stale-webseed",
      webSeed({ samples: [aWrongSample(3), aWrongSample(9)] }),
      webSeed({ samples: [aSample(3), aSample(9)] }),
      [
        webSeed({ samples: [aSample(3)] }),
        webSeed({ samples: [aSample(1)] }),
        webSeed({ samples: [aSample(3), aSample(9), aWrongSample(4)] }),
      ],
    ],
    [
      "stale-webseed",
      webSeed({ attempts: [lengthy, lengthy] }),
      webSeed({ attempts: [anAttemptAt({ path: "b.bin" })] }),
      [webSeed({ attempts: [anAttemptAt({ path: "a.bin" })] })],
    ],
    [
      "moved-webseed",
      webSeed({ attempts: [missing, missing] }),
      webSeed(),
      [
        webSeed({ url: "https://other.example.org/" }),
        webSeed({ attempts: [anAttemptAt({ path: "b.bin" })] }),
        webSeed({ attempts: [missing, anAttemptAt()] }),
      ],
    ],
    [
      "moved-webseed",
      webSeed({ redirects: [moved] }),
      webSeed(),
      [
        webSeed({ redirects: [{ ...moved, status: 302 }] }),
        webSeed({ attempts: [anAttemptAt({ path: "b.bin" })] }),
      ],
    ],
    [
      "rangeless-webseed",
      webSeed({ attempts: [whole, whole], samples: [] }),
      webSeed(),
      [
        webSeed({ attempts: [anAttemptAt({ path: "b.bin" })] }),
        webSeed({ attempts: [whole, anAttemptAt()] }),
      ],
    ],
  ])("%s is open; not so where the other place saw nothing of it", (audit, accusing, better, others) => {
    const judged = (there: Partial<Evidence>) =>
      merge(from("ams", accusing), from("nyc", there)).findings.filter(
        (finding) => finding.audit === audit && finding.vantages.includes("ams"),
      )
    for (const other of others) expect(judged(other)).toMatchObject([{ verdict: "warn" }])
    expect(judged(better)).toMatchObject([
      { verdict: "inconclusive", because: expect.stringMatching(/; not so from nyc$/) as string },
    ])
  })

  test("two places that both accuse a peer are two, whatever each was served besides", () => {
    const late = (piece: number) => aFailedSample(piece, "aborted", { atMs: 9_000, ms: 4 })
    const peer = (...more: Sample[]) => aSeeder(9, { samples: [...withholding.samples, ...more] })
    const found = merge(
      from("ams", { peers: [honest, peer(late(5), aSample(6))] }),
      from("nyc", { peers: [honest, peer(aSample(5), late(6))] }),
    )
    expect(told(found, "unserved-claims")).toEqual(["warn ams nyc"])
  })

  test("a peer that two places accuse by two addresses is accused once", () => {
    const found = merge(
      from("ams", { peers: [honest, withholding] }),
      from("nyc", { peers: [honest, { ...withholding, ...six }] }),
    )
    expect(told(found, "unserved-claims")).toEqual(["warn ams nyc"])
  })
})

describe("limits", () => {
  const held = (thresholds: Partial<Run["thresholds"]>, more: Partial<Run> = {}) => {
    const run = aRun({ ...more, thresholds: { ...aRun().thresholds, strict: true, ...thresholds } })
    return (label: string, peers: readonly Peer[]) => {
      const { snapshot } = from(label, { peers: [...peers] })
      return { label, snapshot: { ...snapshot, run: { ...run, id: label } } }
    }
  }
  const said = (found: Merged) =>
    found.findings
      .filter(({ audit }) => audit === "below-threshold")
      .map(
        ({ verdict, vantages, evidence: { metric } }) =>
          `${verdict} ${vantages.join(" ")} ${typeof metric === "string" ? metric : ""}`,
      )

  test("each is told by itself, and one that is kept refutes none that is broken", () => {
    const two = held({ minSeeders: 1, minAvailability: 3 })
    const found = merge(two("ams", [served(1)]), two("nyc", [served(1)]))
    expect(said(found)).toEqual(["fail ams nyc copies", "pass ams nyc seeders"])
    expect(found.verdict.status).toBe("critical")
    const both = held({ minSeeders: 5, minAvailability: 3 })
    expect(said(merge(both("ams", [served(1)]), both("nyc", [served(1)])))).toEqual([
      "fail ams nyc seeders",
      "fail ams nyc copies",
    ])
  })

  test("what one place keeps another doesn't break", () => {
    const two = held({ minSeeders: 2 })
    const found = merge(two("ams", [served(1)]), two("nyc", [served(1), served(2)]))
    expect(said(found)).toEqual(["inconclusive ams seeders", "pass nyc seeders"])
    expect(found.verdict.status).toBe("ok")
  })

  test("what nobody can tell is unknown, unless some place can", () => {
    const two = held({ minSeeders: 2, strict: false })
    const open = [served(1), aSilentPeer(2), aSilentPeer(3)]
    const found = merge(two("ams", open), two("nyc", open))
    expect(said(found)).toEqual(["inconclusive ams nyc seeders"])
    expect(found.verdict).toMatchObject({ status: "unknown", exitCode: 3, downloadable: "yes" })
    expect(merge(two("ams", open), two("nyc", [served(1), served(2)])).verdict.status).toBe("ok")
  })

  test("audits that were stopped answer nothing; one that ran to its end does", () => {
    const [stopped, whole] = [
      held({}, { stopReason: "interrupted", complete: false }),
      held({}, { stopReason: "complete" }),
    ]
    const killed = held({}, { stopReason: "terminated", complete: false })
    expect(merge(stopped("ams", [served(1)]), killed("nyc", [served(1)])).verdict.status).toBe("unknown")
    expect(merge(stopped("ams", [served(1)]), whole("nyc", [served(1)])).verdict.status).not.toBe("unknown")
  })
})

test("two findings of one place stay two", () => {
  const wrong = (host: number) =>
    aSeeder(host, { samples: [3, 4].map((piece) => aWrongSample(piece)), outcome: "bad-data" })
  const twice = [wrong(2), wrong(2), aSeeder(1, { samples: [aSample(3), aSample(4)] })]
  expect(told(merge(from("ams", { peers: twice }), from("nyc", { peers: twice })), "corrupt-data")).toEqual([
    "warn ams nyc",
    "warn ams nyc",
  ])
})

test("a peer that came by itself and one that a place only heard of are what they were", () => {
  const incoming = aSeeder(1, {
    sources: [aSighting({ kind: "incoming", via: null })],
    attempts: [anAttempt({ direction: "incoming" })],
  })
  expect(
    merge(from("ams", { peers: [incoming] }), from("nyc", { peers: [aSilentPeer(1)] })).peers,
  ).toMatchObject([{ seen: [{ reached: true }, { reached: false }] }])
})
