import { describe, expect, test } from "vitest"
import { diffOf, type Change } from "../src/diff.ts"
import type { Finding, Snapshot } from "../src/report.ts"
import { estimate, finding, peer, rate, rich, samples, snapshot, tracker } from "./render/snapshots.ts"

/** The later of the drawing's two audits, changed as a case says. */
function later(change: (snapshot: Snapshot) => void = () => {}): Snapshot {
  const made = structuredClone({
    ...rich(),
    findings: rich().findings.filter(({ verdict }) => verdict !== "warn"),
  })
  change(made)
  return made
}

/** So many reached of so many found; `seeders` of the reached are. */
const reach = (made: Snapshot, reached: number, found: number, seeders = reached) => {
  const { swarm } = made
  swarm.reachRatio = found === 0 ? null : reached / found
  swarm.seeders = { ...swarm.seeders, reached: seeders, possible: seeders + found - reached }
  swarm.leechers = { ...swarm.leechers, reached: reached - seeders, possible: found - seeders }
}

const meets = (made: Snapshot, ...addresses: string[]) => {
  made.peers = addresses.map((address) => peer({ address, bitfield: "gA==", samples: samples(1, 0) }))
}

const lines = (changes: readonly Change[]) =>
  changes.map(({ what, before, after, direction }) => `${what}: ${before} → ${after}, ${direction}`)

const accused = (subject: Finding["subject"], overrides: Partial<Finding> = {}) =>
  finding({ audit: "corrupt-data", subject, ...overrides })

test("a snapshot and itself are the same", () => {
  expect(diffOf(rich(), rich())).toMatchObject({
    comparable: true,
    because: "same depth and vantage, reach 39% → 39%",
    changes: [],
    regression: false,
    peers: { gone: 0, new: 0 },
  })
})

test("the drawing: five seeders fewer are chance, the dead tracker is not", () => {
  const before = later((made) => reach(made, 32, 79, 24))
  const after = later((made) => made.findings.push(finding()))
  const found = diffOf(before, after)
  expect(found.because).toBe("same depth and vantage, reach 41% → 39%")
  expect(lines(found.changes)).toEqual([
    "seeders reached: 24 → 19, worse",
    "dead-tracker udp://old.example.net:1337: null → warn, worse",
  ])
  expect(found.changes.map(({ significant }) => significant)).toEqual([false, true])
  expect(found).toMatchObject({ comparable: true, regression: true })
})

describe("what was looked at in another way is not compared", () => {
  const contact = { encryption: "prefer", utp: true, proxy: false, off: [] as string[] } as const
  const discovery = { dht: "on", pex: "on", lsd: "off", webSeeds: "on" } as const
  const cases: [string, (made: Snapshot) => void, string][] = [
    ["depth", ({ run }) => (run.depth = "handshake"), "depth sample → handshake"],
    ["pace", ({ run }) => (run.pace = "polite"), "pace normal → polite"],
    ["IPv4", ({ run }) => (run.vantage.ipv4 = false), "IPv4 on → off"],
    ["IPv6", ({ run }) => (run.vantage.ipv6 = true), "IPv6 off → on"],
    ["proxy", ({ run }) => (run.contact = { ...contact, proxy: true, off: [] }), "proxy off → on"],
    ["uTP", ({ run }) => (run.contact = { ...contact, utp: false, off: [] }), "uTP on → off"],
    [
      "what a proxy carries",
      ({ run }) => (run.contact = { ...contact, off: ["DHT"] }),
      "not carried nothing → DHT",
    ],
    [
      "a copy of the files",
      ({ run }) => (run.reference = { right: 1, wrong: 0, missing: 0 }),
      "reference none → given",
    ],
    ["DHT", ({ run }) => (run.discovery = { ...discovery, dht: "off" }), "DHT on → off"],
    ["a stopped run", ({ run }) => (run.stopReason = "interrupted"), "run whole → interrupted"],
    [
      "a limit that was hit",
      ({ run }) => {
        run.limits.maxPeers = 20
        run.capsHit = [{ cap: "max-peers", atMs: 1, dropped: 51 }]
      },
      "max-peers 200 → 20",
    ],
    [
      "a tracker more that answers",
      ({ trackers }) => void trackers.push(tracker({ url: "https://new.example/" })),
      "trackers of its own 0 → 1",
    ],
  ]
  test.for(cases)("%s", ([, change, because]) => {
    const before = later(({ run }) => Object.assign(run, { contact, discovery, reference: null }))
    const after = later((made) => {
      Object.assign(made.run, { contact, discovery, reference: null })
      change(made)
      made.findings.push(finding())
    })
    const found = diffOf(before, after)
    expect(found).toMatchObject({ comparable: false, regression: false })
    expect(found.because).toBe(`${because}, reach 39% → 39%`)
    // What differs is still told.
    expect(found.changes.some(({ audit }) => audit === "dead-tracker")).toBe(true)
  })

  test("both stopped", () => {
    const stopped = later(({ run }) => (run.stopReason = "interrupted"))
    expect(diffOf(stopped, stopped).comparable).toBe(false)
  })

  test("nothing at all answered the later one", () => {
    const after = later((made) => {
      made.trackers = made.trackers.map((each) => ({ ...each, announces: [], scrape: null }))
      if (made.dht) made.dht.replies = 0
      reach(made, 0, 0)
    })
    expect(diffOf(later(), after).because).toBe("sources answering → none answered, reach 39% → unknown")
  })

  test("another torrent", () => {
    const after = later(({ torrent }) => (torrent.infoHashV1 = "b".repeat(40)))
    expect(diffOf(later(), after)).toMatchObject({
      comparable: false,
      conditions: [{ what: "torrent" }],
    })
  })
})

describe("what makes no difference", () => {
  test("a limit that was not hit, a family that nobody has", () => {
    const before = later((made) => {
      made.peers = [peer({ address: "203.0.113.7:51413" })]
    })
    const after = later((made) => {
      made.peers = [peer({ address: "203.0.113.7:51413" })]
      made.run.limits.maxPeers = 500
      made.run.vantage.ipv6 = true
    })
    expect(diffOf(before, after).comparable).toBe(true)
  })

  test("what an earlier version did not tell", () => {
    const after = later(({ run }) => (run.discovery = { dht: "on", pex: "on", lsd: "off" }))
    expect(diffOf(later(), after).comparable).toBe(true)
  })

  test("other limits: the verdict they make is no change of the swarm", () => {
    const after = later((made) => {
      made.run.thresholds.minSeeders = 30
      made.verdict = { ...made.verdict, status: "critical", exitCode: 2 }
      made.findings.push(finding({ audit: "below-threshold", verdict: "fail", subject: "swarm" }))
    })
    const found = diffOf(later(), after)
    expect(found.changes.map(({ direction }) => direction)).toEqual(["neither", "neither"])
    expect(found.regression).toBe(false)
  })
})

test("a tracker's log given only once", () => {
  const after = later((made) => {
    made.announceLog = { reports: [], lines: 9, unreadable: 0, dropped: 0 }
    made.findings.push(accused("peer:203.0.113.7:51413", { audit: "misreported-left" }))
  })
  expect(diffOf(later(), after).regression).toBe(false)
})

describe("reach", () => {
  test.for([
    [28, 69, 27, 69, true],
    [60, 69, 27, 69, false],
    // Three of four and one of four: chance.
    [3, 4, 1, 4, true],
    // Certain, but of no consequence.
    [4_100, 10_000, 3_900, 10_000, true],
    [27, 69, 0, 69, false],
  ] as const)("%d of %d, then %d of %d: comparable is %s", ([a, of, b, ofThese, comparable]) => {
    const found = diffOf(
      later((made) => reach(made, a, of)),
      later((made) => reach(made, b, ofThese)),
    )
    expect(found.comparable).toBe(comparable)
  })

  test("where nobody is contacted there is none", () => {
    const shallow = () => {
      const made = snapshot()
      made.run.depth = "scrape"
      return made
    }
    expect(diffOf(shallow(), shallow()).because).toBe("same depth and vantage")
  })
})

test("what a depth did not look at is unknown, and not zero", () => {
  const scraped = later((made) => {
    made.run.depth = "scrape"
    made.swarm.availability = null
    reach(made, 0, 0)
    made.swarm.seeders.verified = 0
  })
  const found = diffOf(later(), scraped).changes.filter(({ kind }) => kind === "count")
  expect(found.map(({ after }) => after)).not.toContain("0")
  expect(lines(found)).toContain("seeders reached: 19 → null, neither")
})

describe("regression", () => {
  const cases: [string, (made: Snapshot) => void, (made: Snapshot) => void, boolean][] = [
    ["a few seeders fewer", (made) => reach(made, 24, 60), (made) => reach(made, 19, 50), false],
    ["most of the seeders gone", (made) => reach(made, 24, 60), (made) => reach(made, 4, 10), true],
    ["more seeders", (made) => reach(made, 4, 10), (made) => reach(made, 24, 60), false],
    [
      "fewer claimed",
      ({ swarm }) => (swarm.seeders.claimed = 900),
      ({ swarm }) => (swarm.seeders.claimed = 9),
      false,
    ],
    ["no longer downloadable", () => {}, ({ verdict }) => (verdict.downloadable = "no"), true],
    ["no longer known to be", () => {}, ({ verdict }) => (verdict.downloadable = "unknown"), false],
    ["a graver verdict", () => {}, ({ verdict }) => (verdict.status = "critical"), true],
    [
      "a new accusation of who was met before",
      (made) => meets(made, "203.0.113.7:51413"),
      ({ findings }) => void findings.push(accused("peer:203.0.113.7:51413")),
      true,
    ],
    [
      "a new accusation of who was not met before",
      (made) => meets(made, "203.0.113.9:51413"),
      (made) => {
        meets(made, "203.0.113.9:51413", "203.0.113.7:51413")
        made.findings.push(accused("peer:203.0.113.7:51413"))
      },
      false,
    ],
    [
      "one seeder of three left",
      (made) => reach(made, 5, 5, 3),
      (made) => {
        reach(made, 3, 3, 1)
        made.verdict = { ...made.verdict, status: "critical" }
        made.findings.push(finding({ audit: "last-seeder", subject: "swarm" }))
      },
      true,
    ],
    [
      "one seeder of two reached, and who was not may be the other",
      (made) => {
        reach(made, 5, 5, 2)
        made.verdict = { ...made.verdict, status: "ok" }
      },
      (made) => {
        reach(made, 4, 5, 1)
        made.verdict = { ...made.verdict, status: "warning" }
        made.findings.push(finding({ audit: "last-seeder", subject: "swarm" }))
      },
      false,
    ],
    ["a limit of ours", () => {}, ({ findings }) => void findings.push(finding({ subject: "self" })), false],
    ["a problem gone", ({ findings }) => void findings.push(finding()), () => {}, false],
    [
      "a problem graver",
      ({ findings }) => void findings.push(finding()),
      ({ findings }) => void findings.push(finding({ verdict: "fail" })),
      true,
    ],
    [
      "a copy takes longer, beyond both intervals",
      ({ swarm }) => (swarm.fullCopyMs = estimate(600_000, 400_000, 900_000)),
      ({ swarm }) => (swarm.fullCopyMs = estimate(3_600_000, 2_000_000, 5_000_000)),
      true,
    ],
    [
      "a copy takes longer, since the fastest choked us this time",
      (made) => {
        made.swarm.fullCopyMs = estimate(600_000, 400_000, 900_000)
        made.peers = [1, 9].map((MiB) =>
          peer({ address: `203.0.113.${MiB}:6881`, goodputBytesPerSecond: rate(MiB, MiB - 0.1, MiB + 0.1) }),
        )
      },
      (made) => {
        made.swarm.fullCopyMs = estimate(3_600_000, 2_000_000, 5_000_000)
        made.peers = [
          peer({ address: "203.0.113.1:6881", goodputBytesPerSecond: rate(1, 0.9, 1.1) }),
          peer({ address: "203.0.113.9:6881", goodputBytesPerSecond: null }),
        ]
      },
      false,
    ],
    [
      "a copy takes longer, perhaps",
      ({ swarm }) => (swarm.fullCopyMs = estimate(600_000, 400_000, 900_000)),
      ({ swarm }) => (swarm.fullCopyMs = estimate(900_000, 700_000, 1_500_000)),
      false,
    ],
  ]
  test.for(cases)("%s", ([, old, young, regression]) => {
    expect(diffOf(later(old), later(young)).regression).toBe(regression)
  })
})

describe("findings", () => {
  test("gone is better, unless the question is open now", () => {
    const before = later(({ findings }) => void findings.push(accused("peer:203.0.113.7:51413")))
    expect(diffOf(before, later()).changes[0]).toMatchObject({
      before: "warn",
      after: null,
      direction: "better",
    })
    const open = later(({ findings }) => void findings.push(accused("swarm", { verdict: "inconclusive" })))
    expect(diffOf(before, open).changes[0]?.direction).toBe("neither")
  })

  test("new is worse, unless the question was open before", () => {
    const asked = finding({ audit: "last-seeder", subject: "swarm" })
    const open = later((made) => {
      made.verdict = { ...made.verdict, status: "ok" }
      made.findings.push({ ...asked, verdict: "inconclusive" })
    })
    const answered = later((made) => {
      made.verdict = { ...made.verdict, status: "warning" }
      made.findings.push(asked)
    })
    const found = diffOf(open, answered)
    expect(found.changes.find(({ audit }) => audit === "last-seeder")?.direction).toBe("neither")
    expect(found.regression).toBe(false)
  })

  test("where addresses were renamed by another key, only how many are accused is compared", () => {
    const renamed = (key: string, accusations: number) =>
      later((made) => {
        made.peers = [1, 2].map((n) => peer({ address: `203.0.113.0/24~${key}${n}:6881` }))
        for (let n = 0; n < accusations; n++)
          made.findings.push(accused(`peer:203.0.113.0/24~${key}${n}:6881`))
      })
    expect(diffOf(renamed("aa", 1), renamed("bb", 1))).toMatchObject({ peers: null, changes: [] })
    expect(lines(diffOf(renamed("aa", 1), renamed("bb", 2)).changes)).toEqual([
      "corrupt-data 203.0.113.0/24~bb1:6881: null → warn, worse",
    ])
  })
})

test("trackers, web seeds and files", () => {
  const before = later((made) => {
    made.trackers.push(tracker({ url: "udp://dead.example:1", announces: [] }))
    made.webSeeds = [{ url: "https://one.example/" }]
    made.swarm.files = [{ path: "a.bin", rarest: 1, missingPieces: [] }]
  })
  const after = later((made) => {
    made.webSeeds = [{ url: "https://two.example/" }]
    made.swarm.files = [{ path: "a.bin", rarest: 0, missingPieces: [3, 4] }]
    made.swarm.availability!.missingPieces = [3, 4]
  })
  expect(lines(diffOf(before, after).changes)).toEqual([
    "missing pieces: 0 → 2, worse",
    "tracker: udp://dead.example:1 → null, neither",
    "web seed: https://one.example/ → null, neither",
    "web seed: null → https://two.example/, neither",
    "incomplete file: null → a.bin, worse",
  ])
})

test("peers are counted, not listed", () => {
  const seen = (...hosts: number[]) =>
    later((made) => {
      made.peers = hosts.map((host) => peer({ address: `203.0.113.${host}:6881`, bitfield: "gA==" }))
    })
  expect(diffOf(seen(1, 2, 3), seen(2, 3, 4, 5)).peers).toEqual({ again: 2, gone: 1, new: 2 })
})

test("a forged flood is bounded", () => {
  const after = later((made) => {
    for (let n = 0; n < 5_000; n++)
      made.findings.push(
        accused(`peer:203.0.113.${n}:6881${"9".repeat(5_000)}`, { because: "long".repeat(5_000) }),
      )
    reach(made, 2 ** 52, 2 ** 53)
  })
  const found = diffOf(later(), after)
  expect(found.changes).toHaveLength(1_000)
  expect(found.changesLeftOut).toBeGreaterThan(4_000)
  for (const { what, because } of found.changes.slice(0, 20))
    expect(what.length + (because?.length ?? 0)).toBeLessThanOrEqual(4_000)
})
