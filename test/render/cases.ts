/** Snapshots that are drawn in the golden files. */
import type { Snapshot } from "../../src/report.ts"
import {
  announce,
  finding,
  peer,
  rich,
  samples,
  sightings,
  silence,
  snapshot,
  tracker,
  withSources,
} from "./snapshots.ts"

/** Everything that a peer, a tracker or a torrent may say, said badly. */
export function hostile(): Snapshot {
  const base = rich()
  const long = "long".repeat(2_500)
  return withSources({
    ...base,
    torrent: { ...base.torrent, name: `\u001b]0;owned\u0007\u202egpj.exe\u202c\n\u200b${long}.iso` },
    trackers: [
      tracker({ url: `https://\u001b[2J${long}.example:443/announce` }),
      tracker({
        url: "udp://пример.example:1337",
        announces: [silence(3)],
      }),
      tracker({
        url: "http://\r\nX-Evil.example/",
        announces: [announce({ seeders: 2 ** 40, leechers: 2 ** 53 })],
      }),
    ],
    peers: [
      peer({
        address: "[2001:db8:85a3:1234:5678:8a2e:370:7334]:51413",
        client: "\u001b[31mRed\u001b[0m\u009b2J",
        stage: "verified",
        outcome: "ok",
        haveRatio: 0.999,
        sources: sightings("12HXIM"),
        samples: samples(1, 1),
      }),
      peer({
        client: `Z${"\u0301".repeat(500)}algo ${long}`,
        stage: "claimed",
        outcome: "choked",
        haveRatio: 0.001,
      }),
      peer({ client: "漢字漢字漢字漢字漢字漢字 9.9", stage: "claimed", outcome: "choked", haveRatio: 1 }),
      peer({ client: "👩‍👩‍👧‍👦🇩🇪 party", stage: "claimed", outcome: "choked", haveRatio: 0 }),
    ],
    findings: [
      finding({
        subject: "peer:\u001b[2J",
        because: `\u2066name\u2069 \u001b[5mblinks\u001b[0m ${long}`,
        advice: "a\tb\nc",
      }),
      finding({ audit: "low-reach", verdict: "inconclusive", subject: "swarm", because: long }),
    ],
  })
}

/** A tracker that answers, and lists nobody. */
export function empty(): Snapshot {
  const base = snapshot()
  return {
    ...base,
    trackers: [tracker({ announces: [announce({ seeders: 0, leechers: 1, peerCount: 0 })] })],
    verdict: {
      status: "critical",
      exitCode: 2,
      downloadable: "no",
      because: "1 source answered and lists nobody",
    },
    swarm: { ...base.swarm, seeders: { ...base.swarm.seeders, claimed: 0, claim: "supported" } },
    findings: [
      finding({
        audit: "no-seeder",
        verdict: "fail",
        subject: "swarm",
        because: "0 seeders are claimed and nobody was found.",
        advice: "Start seeding it again.",
      }),
      finding({
        audit: "low-reach",
        verdict: "skipped",
        subject: "swarm",
        because: "nobody to reach",
        advice: null,
      }),
    ],
  }
}

/** Everybody is there, holds everything but two pieces, and nobody lets us in. */
export function allChoked(): Snapshot {
  const base = snapshot()
  const peers = Array.from({ length: 12 }, (_, index) =>
    peer({
      address: `203.0.113.${index + 1}:6881`,
      client: "qBittorrent 5.1.2",
      stage: "claimed",
      outcome: "choked",
      haveRatio: 0.8,
      timeline: { ...peer().timeline, connectMs: 40 + index, handshakeMs: 120, bitfieldMs: 121 },
    }),
  )
  return {
    ...base,
    torrent: { ...base.torrent, pieceCount: 10, sizeBytes: 10 * 262_144 },
    run: {
      ...base.run,
      complete: false,
      stopReason: "timeout",
      capsHit: [{ cap: "max-peers", atMs: 9, dropped: 34 }],
    },
    trackers: [tracker()],
    peers,
    verdict: {
      status: "unknown",
      exitCode: 3,
      downloadable: "unknown",
      because: "2 pieces were not seen, and only 12 of 46 peers were reached",
    },
    swarm: {
      ...base.swarm,
      leechers: { ...base.swarm.leechers, claimed: 9, reached: 12, possible: 12, claim: "plausible" },
      funnel: { ...base.swarm.funnel, sighted: 12, dialled: 12, connected: 12, identified: 12, claimed: 12 },
      availability: {
        rarest: 0,
        distributedCopies: 0.8,
        missingPieces: [3, 9],
        histogram: [
          { copies: 0, pieces: 2 },
          { copies: 12, pieces: 8 },
        ],
        copies: [12, 12, 6, 0, 3, 1, 12, 12, 12, 0],
      },
    },
    findings: [
      finding({
        audit: "all-choked",
        verdict: "inconclusive",
        subject: "swarm",
        because: "None of 12 reached peers unchoked us within 40 s, as peers with full upload slots do too.",
        advice: "Run it again.",
      }),
      ...peers.slice(0, 3).map(({ address }) =>
        finding({
          audit: "unserved-claims",
          verdict: "inconclusive",
          subject: `peer:${address}`,
          because: "it never unchoked us",
          advice: null,
        }),
      ),
    ],
  }
}

/** No peer was contacted: nothing about them is zero, all of it is unknown. */
export function scraped(): Snapshot {
  const base = rich()
  return {
    ...base,
    run: { ...base.run, depth: "scrape", durationMs: 812 },
    dht: null,
    peers: [],
    verdict: {
      status: "unknown",
      exitCode: 3,
      downloadable: "untested",
      because: "depth scrape contacts no peer",
    },
    swarm: {
      ...snapshot().swarm,
      seeders: { ...snapshot().swarm.seeders, claimed: 48 },
      leechers: { ...snapshot().swarm.leechers, claimed: 9 },
    },
    findings: base.findings.filter(({ audit }) => audit === "dead-tracker"),
  }
}
