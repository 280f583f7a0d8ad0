/** Made-up swarms in whose record sources, logs or earlier runs have most to say. */
import type { Evidence } from "../../src/evidence.ts"
import { aDht, aDhtNode, anAnnounce, aTracker, at, range, aSilentPeer } from "./builders.ts"
import {
  addressOf,
  peerIdOf,
  sighting,
  trackersOf,
  peersOf,
  swarmOf,
  usual,
  sampled,
  gaining,
} from "./made-up-swarm.ts"

/** By name: a swarm of so many peers. */
export const toldShapes = {
  /** Of 64 replies of trackers, each named everybody. */
  draws: (size) => {
    const sources = range(0, 64).map((n) => sighting(n, Math.floor(n / 4) * 1_000))
    return swarmOf(
      peersOf(size, usual, () => ({ sources })),
      usual,
      { trackers: trackersOf(size * 3, size * 3, 16) },
    )
  },
  /** Everybody tells of 20 others. */
  pex: (size) =>
    swarmOf(
      peersOf(size, usual, (n, count) => ({
        sources: range(0, 20).map((hop) => ({
          kind: "pex",
          via: addressOf((n + hop * hop + 1) % size),
          at: at(20_000 + hop),
          flags: hop % 4,
        })),
        ...(count > 0 && { pex: { messages: 1, added: 20, dropped: 0 } }),
      })),
      usual,
    ),
  /** Few DHT nodes, or many, that each name 50. */
  dht: (size) => {
    const nodes = range(0, Math.min(2_000, size)).map((n) => addressOf(100_000 + n))
    return swarmOf(
      peersOf(size, usual, (n) => ({
        sources: range(0, 20).map((hop) => ({
          kind: "dht",
          via: nodes[(n * 7 + hop * hop) % nodes.length] ?? "",
          at: at(3_000 + hop),
        })),
      })),
      usual,
      {
        dht: aDht({
          nodes: nodes.map((address, n) =>
            aDhtNode(address, { id: peerIdOf(n), peerCount: 20, idFits: n % 2 === 0 }),
          ),
        }),
      },
    )
  },
  /** Each of many speakers names 40 hosts of one network that nobody else knows. */
  floods: (size) =>
    swarmOf(
      peersOf(size, usual, (n) =>
        n % 41 === 0
          ? {}
          : {
              ...aSilentPeer(1),
              address: addressOf(200 * Math.floor(n / 41) + (n % 41)),
              sources: [
                { kind: "pex", via: addressOf(10_000_000 + Math.floor(n / 41)), at: at(20_000), flags: 0 },
              ],
            },
      ),
      usual,
    ),
  /** 200 trackers, each peer named by some of them. */
  trackers: (size) => {
    const all = range(0, 200).map((n) => `udp://tracker${n}.example${n}.org:6969/announce`)
    return swarmOf(
      peersOf(size, usual, (n) => ({
        sources: range(0, 32).map((k) => ({
          kind: "tracker",
          via: all[(n * 7 + k * k) % 200] ?? "",
          at: at(0),
        })),
      })),
      usual,
      {
        trackers: all.map((url) =>
          aTracker({ url, announces: [anAnnounce({ seeders: size, leechers: size, peerCount: 200 })] }),
        ),
      },
    )
  },
  /** Everybody announces ten times to a tracker whose log we have. */
  log: (size) => {
    const peers = peersOf(size, usual, sampled)
    return swarmOf(peers, usual, {
      announceLog: {
        lines: size * 10,
        unreadable: 0,
        dropped: 0,
        reports: range(0, 10).flatMap((round) =>
          peers.slice(0, 2_000).map(({ address, peerId }, n) => ({
            at: at(round * 5_000 + n),
            address,
            peerId,
            event: round === 0 ? ("started" as const) : ("update" as const),
            uploadedBytes: round * 1_000_000,
            downloadedBytes: round * 1_000,
            leftBytes: 1_000,
          })),
        ),
      },
    })
  },
  /** Everybody tells its tracker of uploads that nobody could take. */
  uploaders: (size) => {
    const whole = swarmOf(
      peersOf(size, usual, (n, count) => ({ ...sampled(n, count), ...gaining(n, n, count, 20) })),
      usual,
    )
    const { peers, torrent } = whole
    return {
      ...whole,
      announceLog: {
        lines: size * 2,
        unreadable: 0,
        dropped: 0,
        reports: range(0, 2).flatMap((round) =>
          peers.slice(0, 10_000).map(({ address, peerId }, n) => ({
            at: at(round * 50_000 + n),
            address,
            peerId,
            event: round === 0 ? ("started" as const) : ("update" as const),
            uploadedBytes: round * torrent.sizeBytes * size * 2,
            downloadedBytes: 0,
            leftBytes: torrent.sizeBytes,
          })),
        ),
      },
    }
  },
  /** 64 readings of everybody in earlier runs. */
  earlier: (size) => {
    const peers = peersOf(size, usual, sampled)
    const runs = range(0, 16).map((n) => ({ at: at(-3_600_000 * (17 - n)), durationMs: 60_000 }))
    return swarmOf(peers, usual, {
      earlier: {
        runs,
        trackers: [],
        peers: peers
          .filter(({ haveCount }) => haveCount !== null)
          .map(({ address, peerId, client, haveCount }) => ({
            address,
            readings: runs.map((run, n) => ({
              at: run.at,
              peerId,
              client,
              uploadOnly: false,
              haveCount: Math.max(1, (haveCount ?? 0) - 50 * ((16 - n) % 3)),
              bitfield: null,
            })),
          })),
      },
    })
  },
} satisfies Record<string, (size: number) => Evidence>
