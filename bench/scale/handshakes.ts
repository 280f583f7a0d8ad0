/** Everybody's bitfield, at depth `handshake` and pace `lab`, beside libtorrent on the same swarm. */
import { join } from "node:path"
import type { Snapshot } from "../../src/report.ts"
import { audit, libtorrent, snapshotAt, startCrowd, type Cost } from "./play.ts"
import { holdingsOf, numberOf, type Shape } from "./swarm.ts"

/** Of one program on one swarm. */
export interface Reading extends Cost {
  readonly peers: number
  /** Bitfields that came, and of ours those that are what the peer holds, bit by bit. */
  readonly told: number
  readonly right: number
  /** From the first dial until 99% of the bitfields were there. */
  readonly to99Ms: number
  readonly mostOpen: number
}

const shapeOf = (peers: number, holdMs: number) =>
  ({ torrents: 1, peers, pieces: 64, holdMs, leechers: true, serves: false }) as const

function isRight(peer: Snapshot["peers"][number], shape: Shape): boolean {
  const expected = holdingsOf(numberOf(peer.address.replace(/:\d+$/, "")), shape)
  return peer.bitfield !== null && Buffer.from(peer.bitfield, "base64").equals(expected)
}

/** Of ascending or unordered times, the one by which 99% of `count` had come. */
const by99 = (times: readonly number[], count: number): number =>
  times.toSorted((a, b) => a - b)[Math.ceil(0.99 * count) - 1] ?? Infinity

export async function ours(peers: number, holdMs = 0): Promise<Reading> {
  const shape = shapeOf(peers, holdMs)
  const crowd = await startCrowd(shape)
  const out = join(crowd.folder, "audit.json")
  try {
    const [torrent = ""] = crowd.torrents
    const args = [
      torrent,
      "--depth",
      "handshake",
      "--max-peers",
      String(2 * peers + 10),
      "--redact",
      "none",
      "-o",
      out,
    ]
    const { cost } = await audit(crowd, args)
    const snapshot = snapshotAt(out)
    const firstMs = Math.min(...snapshot.peers.flatMap(({ attempts }) => attempts.map(({ atMs }) => atMs)))
    const toldMs = snapshot.peers.flatMap(({ attempts, timeline }) => {
      const dialled = attempts.find(({ ok }) => ok)
      return dialled && timeline.bitfieldMs !== null ? [dialled.atMs + timeline.bitfieldMs - firstMs] : []
    })
    return {
      ...cost,
      peers,
      told: toldMs.length,
      right: snapshot.peers.filter((peer) => isRight(peer, shape)).length,
      to99Ms: by99(toldMs, peers),
      mostOpen: (await crowd.marks()).mostOpen,
    }
  } finally {
    await crowd.stop()
  }
}

export async function libtorrents(peers: number): Promise<Reading> {
  const crowd = await startCrowd(shapeOf(peers, 0))
  try {
    const result = await libtorrent(crowd, peers, "bitfields")
    const { firstAt, mostOpen } = await crowd.marks()
    const { cpuMs, peakRssBytes, wallMs, told } = result
    const to99Ms = by99(result.toldAt, peers) - firstAt
    return { cpuMs, peakRssBytes, wallMs, peers, told, right: told, to99Ms, mostOpen }
  } finally {
    await crowd.stop()
  }
}
