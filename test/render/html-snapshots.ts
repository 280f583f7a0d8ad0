/** Snapshots to draw as pages: a swarm of two hundred, and its history. */
import type { Peer, PeerOutcome } from "../../src/evidence.ts"
import type { AuditRow, Snapshot } from "../../src/report.ts"
import {
  announce,
  dht,
  estimate,
  finding,
  peer,
  rate,
  rich,
  samples,
  sightings,
  tracker,
  withSources,
} from "./snapshots.ts"

/** A sequence that looks random and is always the same: mulberry32. */
export function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const software = [
  ["qBittorrent", "5.1.2"],
  ["qBittorrent", "4.6.7"],
  ["Transmission", "4.0.6"],
  ["libtorrent", "2.0.11"],
  ["qBittorrent", "5.0.4"],
  ["µTorrent", "3.6.0"],
  ["Deluge", "2.1.1"],
  ["BiglyBT", "3.7.0.0"],
  ["aria2", "1.37.0"],
  ["rTorrent (libTorrent 0.13.8)", ""],
] as const

const losses: readonly [PeerOutcome, Peer["stage"]][] = [
  ["connect-timeout", "dialled"],
  ["connect-timeout", "dialled"],
  ["connect-timeout", "dialled"],
  ["connect-refused", "dialled"],
  ["handshake-timeout", "connected"],
  ["connection-reset", "connected"],
]

const letters = ["12HX", "12H", "1", "2", "H", "X", "12", "HX", "1H", "I"]

function manyPeers(count: number): Peer[] {
  const next = chance(7)
  return Array.from({ length: count }, (_, index): Peer => {
    const address =
      index % 7 === 3
        ? `[2001:db8:${index.toString(16)}::${(index * 7).toString(16)}]:6881`
        : `203.0.${113 + (index % 3)}.${(index * 37) % 250}:${6881 + index}`
    const sources = sightings(letters[Math.floor(next() * letters.length)]!)
    if (next() < 0.52) {
      const [outcome, stage] = losses[Math.floor(next() * losses.length)]!
      return peer({ address, sources, outcome, stage })
    }
    const [family, version] = software[Math.floor(next() ** 1.7 * software.length)]!
    const dial = 20 + next() * 200
    const hand = dial * (2 + next())
    const seeds = next() < 0.55
    const common = {
      address,
      sources,
      client: `${family} ${version}`.trim(),
      clientFamily: family,
      peerId: "2d".repeat(20),
      haveRatio: seeds ? 1 : next() * 0.95,
      haveCount: 1,
      claimSent: true,
      bitfield: "AA==",
    }
    const unchoke = hand + 200 + next() ** 3 * 30_000
    const times = { connectMs: dial, handshakeMs: hand, bitfieldMs: hand + 2 + next() * 40, closedMs: 60_000 }
    if (next() < 0.45)
      return peer({
        ...common,
        stage: "claimed",
        outcome: "choked",
        timeline: { ...times, unchokeMs: null, firstBlockMs: null },
      })
    const speed = 0.05 + next() ** 2 * 4
    const bad = next() < 0.06
    return peer({
      ...common,
      stage: bad ? "served" : "verified",
      outcome: bad ? "bad-data" : "ok",
      samples: bad ? samples(0, 2) : samples(1 + Math.floor(next() * 4), 0),
      goodputBytesPerSecond: { ...rate(speed, speed * 0.7, speed * 1.4), censored: next() < 0.15 },
      timeline: { ...times, unchokeMs: unchoke, firstBlockMs: unchoke + 40 + next() * 300 },
    })
  })
}

const stagesFrom = (peers: readonly Peer[]) => {
  const order = [
    "sighted",
    "dialled",
    "connected",
    "identified",
    "claimed",
    "unchoked",
    "served",
    "verified",
  ] as const
  const at = (stage: (typeof order)[number]) =>
    peers.filter((each) => order.indexOf(each.stage) >= order.indexOf(stage)).length
  return Object.fromEntries(order.map((stage) => [stage, at(stage)])) as Snapshot["swarm"]["funnel"]
}

/** Two hundred peers, four trackers, every section filled. */
export function crowd(count = 200, cells = 1_024): Snapshot {
  const base = rich()
  const peers = manyPeers(count)
  const funnel = stagesFrom(peers)
  const next = chance(3)
  const copies = Array.from({ length: cells }, (_, index) =>
    Math.abs(index - 0.686 * cells) < 2 ? 0 : Math.round(24 + 18 * Math.sin(index / 90) + next() * 9),
  )
  const files = Array.from({ length: 14 }, (_, index) => ({
    path: `example-os-13.1/${["disc", "extras", "docs"][index % 3]}/part-${String(index + 1).padStart(2, "0")}-${"of-a-rather-long-name-".repeat(index % 4)}.img`,
    sizeBytes: 1_078 * 262_144,
    firstPiece: index * 1_078,
    lastPiece: index * 1_078 + 1_077,
    pad: false,
  }))
  const reached = peers.filter(({ haveRatio }) => haveRatio !== null)
  const seeds = reached.filter(({ haveRatio }) => haveRatio === 1)
  const served = (all: readonly Peer[]) =>
    all.filter(({ stage }) => stage === "served" || stage === "verified").length
  const clean = (all: readonly Peer[]) => all.filter(({ stage }) => stage === "verified").length
  const leeches = reached.filter(({ haveRatio }) => haveRatio !== 1)
  const sampled = Array.from({ length: 32 }, (_, index) => index * 471 + Math.floor(next() * 400))
  const made: Snapshot = {
    ...base,
    torrent: {
      ...base.torrent,
      name: "example-os-13.1-amd64-and-extras",
      files,
      sizeBytes: 15_104 * 262_144,
      pieceCount: 15_104,
    },
    peers,
    trackers: [
      ...base.trackers,
      tracker({
        url: "http://tracker.example.com:8080/a/rather/long/path/announce",
        tier: 3,
        protocol: "http",
        announces: [announce({ ms: 950, seeders: 51, leechers: 12, peerCount: 50 })],
      }),
    ],
    webSeeds: [
      {
        url: "https://mirror.example.org/iso/",
        bep: 19,
        ok: true,
        failure: null,
        attempts: [],
        redirects: [],
        finalUrl: null,
        rangeSupported: true,
        lengthsRight: true,
        server: "nginx",
        lastModified: null,
        etag: null,
        samples: [],
        goodputBytesPerSecond: rate(8, 6, 11),
      },
      {
        url: "https://gone.example.org/iso/",
        bep: 19,
        ok: false,
        failure: { code: "http-status", detail: "404" },
        attempts: [],
        redirects: [],
        finalUrl: null,
        rangeSupported: null,
        lengthsRight: null,
        server: null,
        lastModified: null,
        etag: null,
        samples: [],
        goodputBytesPerSecond: null,
      },
    ],
    dht: dht({ scrape: { seeders: estimate(61, 52, 71), leechers: estimate(17, 12, 24) } }),
    verdict: {
      status: "critical",
      exitCode: 2,
      downloadable: "unknown",
      because: "3 pieces are held by no reached peer, and 87 peers were not reached",
    },
    swarm: {
      ...base.swarm,
      seeders: {
        claimed: 128,
        reached: seeds.length,
        served: served(seeds),
        verified: clean(seeds),
        possible: seeds.length + (count - reached.length),
        estimate: estimate(88, 71, 112),
        claim: "plausible",
      },
      leechers: {
        claimed: 31,
        reached: leeches.length,
        served: served(leeches),
        verified: clean(leeches),
        possible: leeches.length + (count - reached.length),
        estimate: estimate(52, 44, 69),
        claim: "plausible",
      },
      population: estimate(231, 214, 260),
      reachRatio: reached.length / count,
      funnel,
      availability: {
        rarest: 0,
        distributedCopies: 0.98,
        missingPieces: [10_341, 10_342, 10_343],
        histogram: [
          { copies: 0, pieces: 3 },
          { copies: 20, pieces: 5_000 },
          { copies: 30, pieces: 10_101 },
        ],
        copies,
      },
      files: files.map(({ path }, index) => ({
        path,
        rarest: index === 9 ? 0 : 12 + index,
        missingPieces: index === 9 ? [10_341, 10_342, 10_343] : [],
      })),
      goodputBytesPerSecond: { median: rate(1.1, 0.8, 1.5), total: 40 * 1024 ** 2 },
      fullCopyMs: estimate(12 * 60_000, 8 * 60_000, 21 * 60_000),
      sampledPieces: { verified: sampled.slice(1), failed: sampled.slice(0, 1), unservableRatioHigh: 0.089 },
    },
    findings: [
      ...base.findings,
      finding({
        audit: "missing-pieces",
        verdict: "fail",
        subject: "swarm",
        because: "3 pieces are held by no reached peer",
        claimed: null,
        measured: "0.98 copies",
        advice: "Bring back a seeder that has them.",
        evidence: { missing: [10_341, 10_342, 10_343], reached: reached.length },
      }),
      finding({
        audit: "low-reach",
        verdict: "inconclusive",
        subject: "swarm",
        because: "half of the peers could not be reached",
        advice: null,
        pValue: 0.034,
        evidence: { reached: reached.length, sighted: count },
      }),
      finding({
        audit: "self-offline",
        verdict: "pass",
        subject: "self",
        because: "9 of 9 sources gave a sign of life",
        advice: null,
      }),
    ],
  }
  const { swarm, ...rest } = withSources(made)
  const named = (swarm.sources ?? []).map((each) => ({ ...each, reached: Math.round(each.peers * 0.56) }))
  return { ...rest, swarm: { ...swarm, sources: named } }
}

/** Audits every six hours, back from the snapshot's. */
export function auditsBefore({ run, torrent }: Snapshot, count: number, everyMs = 6 * 3_600_000): AuditRow[] {
  const next = chance(11)
  return Array.from({ length: count }, (_, index): AuditRow => {
    const age = index + 1
    const claimed = Math.round(120 + 14 * Math.sin(age / 9) + 6 * next())
    const reached = Math.round(48 + 9 * Math.sin(age / 7) + 5 * next())
    return {
      id: `h${age}`,
      infoHash: torrent.infoHashV1 ?? "",
      name: torrent.name,
      startedAt: new Date(Date.parse(run.startedAt) - age * everyMs).toISOString(),
      vantage: null,
      durationMs: 170_000,
      depth: age % 17 === 0 ? "scrape" : "sample",
      complete: true,
      status: next() < 0.2 ? "warning" : "ok",
      downloadable: "yes",
      seedersClaimed: claimed,
      seedersReached: age % 17 === 0 ? 0 : reached,
      seedersVerified: 20,
      leechersClaimed: 30,
      leechersReached: 20,
      copies: age % 17 === 0 ? null : 18 + 4 * Math.sin(age / 5),
      reachRatio: age % 17 === 0 ? null : 0.42 + 0.08 * Math.sin(age / 6),
      medianBytesPerSecond: 1_200_000,
      problems: [],
    }
  })
}
