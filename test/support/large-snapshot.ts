/** A swarm of 200 named peers and 15,104 pieces, as a run at the usual limits records it: what the history must keep small. */
import { snapshotOf } from "../../src/commands/snapshot.ts"
import type { Peer, Sample } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import { seededRandom, type Random } from "../../src/gather/random.ts"
import type { Snapshot } from "../../src/report.ts"
import { redact } from "../../src/store/redact.ts"
import {
  aPeer,
  aRun,
  aSilentPeer,
  anAttempt,
  anEvidence,
  aSighting,
  aTorrent,
  aTracker,
  pieceBytes,
  range,
} from "./builders.ts"

const pieceCount = 15_104
const [seeders, leechers, silent] = [60, 30, 110]
const blockBytes = 16_384
const clients = [
  ["Transmission 4.0.6", "2d5452343036302d"],
  ["qBittorrent 5.1.2", "2d7142353132302d"],
  ["libtorrent 2.0.11", "2d4c54323042302d"],
  ["aria2 1.37.0", "41322d312d33372d"],
] as const

/** Addresses are kept as they are saved: renamed. */
export function largeSnapshot(seed = "large"): Snapshot {
  const chance = seededRandom(seed)
  const peers = [
    ...range(0, seeders).map((host) => reached(host, range(0, pieceCount), chance)),
    ...range(seeders, seeders + leechers).map((host) => reached(host, someOf(host, chance), chance)),
    ...range(seeders + leechers, seeders + leechers + silent).map((host) => unreached(host, chance)),
  ]
  const evidence = anEvidence({
    run: aRun({ durationMs: 171_234 }),
    torrent: aTorrent({
      pieceCount,
      sizeBytes: pieceCount * pieceBytes,
      files: [
        {
          path: "example-os-13.1-amd64.iso",
          sizeBytes: pieceCount * pieceBytes,
          firstPiece: 0,
          lastPiece: pieceCount - 1,
          pad: false,
        },
      ],
    }),
    trackers: [aTracker(), aTracker({ url: "udp://bt2.example.org:6969", protocol: "udp" })],
    peers,
  })
  return snapshotOf(redact(evidence, "prefix", new Uint8Array(32)))
}

/** Rarest first takes pieces anywhere; every third leecher takes them in order, as players do. */
function someOf(host: number, chance: Random): number[] {
  const share = chance.next()
  if (host % 3 === 0) return range(0, Math.floor(share * pieceCount))
  return range(0, pieceCount).filter(() => chance.next() < share)
}

const addressOf = (chance: Random) =>
  `${[11 + chance.below(180), chance.below(256), chance.below(256), chance.below(256)].join(".")}:${1_024 + chance.below(64_000)}`

function sightings(chance: Random) {
  const kinds = ["tracker", "dht", "pex"] as const
  return kinds
    .filter((kind) => kind === "tracker" || chance.next() < 0.5)
    .map((kind) =>
      aSighting({
        kind,
        ...(kind !== "tracker" && { via: addressOf(chance) }),
        at: new Date(Date.parse("2026-03-14T09:15:00Z") + chance.below(60_000)).toISOString(),
      }),
    )
}

function reached(host: number, pieces: readonly number[], chance: Random): Peer {
  const [client, head] = clients[chance.below(clients.length)] ?? clients[0]
  const served = chance.next() < 0.4
  const peerId =
    head +
    range(0, 24)
      .map(() => chance.below(16).toString(16))
      .join("")
  const samples = served ? range(0, 1 + chance.below(4)).map(() => sample(chance)) : []
  const dialled = chance.below(40_000)
  return aPeer(
    host,
    pieces,
    {
      address: addressOf(chance),
      sources: sightings(chance),
      attempts: [
        anAttempt({
          at: new Date(Date.parse("2026-03-14T09:15:00Z") + dialled).toISOString(),
          atMs: dialled + chance.next(),
          ms: 40_000 + chance.below(40_000),
        }),
      ],
      client,
      peerId,
      samples,
      timeline: {
        connectMs: chance.below(200),
        handshakeMs: 200 + chance.below(300),
        bitfieldMs: 500 + chance.below(100),
        unchokeMs: served ? chance.below(20_000) : null,
        firstBlockMs: served ? 20_000 + chance.below(300) : null,
        closedMs: 40_000 + chance.below(40_000),
      },
      ...(served && {
        goodputBytesPerSecond: {
          value: chance.next() * 2e6,
          low: chance.next() * 1e6,
          high: 2e6 + chance.next() * 1e6,
          n: 16,
          confidence: 0.95,
          censored: false,
        },
      }),
    },
    pieceCount,
  )
}

function sample(chance: Random): Sample {
  let atMs = 0
  const progress = range(1, pieceBytes / blockBytes + 1).map((block): [number, number] => {
    atMs += chance.below(60)
    return [atMs, block * blockBytes]
  })
  return {
    piece: chance.below(pieceCount),
    atMs: chance.below(100_000),
    bytes: pieceBytes,
    ms: atMs,
    verified: true,
    failure: null,
    capped: false,
    progress,
  }
}

function unreached(host: number, chance: Random): Peer {
  const refused = chance.next() < 0.4
  const code = refused ? "refused" : "timeout"
  const dialled = chance.below(60_000)
  return aSilentPeer(host, {
    address: addressOf(chance),
    sources: sightings(chance),
    attempts: range(0, refused ? 1 : 3).map((n) =>
      anAttempt({
        ok: false,
        failure: failure(code),
        at: new Date(Date.parse("2026-03-14T09:15:00Z") + dialled + n * 10_000).toISOString(),
        atMs: dialled + n * 10_000,
        ms: refused ? chance.below(200) : 10_000 + chance.below(20),
      }),
    ),
    outcome: refused ? "connect-refused" : "connect-timeout",
    failure: failure(code),
  })
}
