/** Many torrents in one run: everybody's share. */
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import type { Snapshot } from "../../src/report.ts"
import { audit, startCrowd, type Cost } from "./play.ts"
import { pieceBytes } from "./swarm.ts"

export interface ManyReading extends Cost {
  readonly torrents: number
  /** Of each torrent. */
  readonly peers: number
  /** Peers of the torrent that got the least: bitfields, and pieces verified. */
  readonly leastTold: number
  readonly leastVerified: number
  /** Audits that ended for another reason than that there was nothing left to do. */
  readonly cut: number
  /** Findings that accuse, all audits together: everybody is honest. */
  readonly accusations: number
  readonly shortestMs: number
  readonly longestMs: number
}

export async function ours(torrents: number, peers: number, depth: string): Promise<ManyReading> {
  const crowd = await startCrowd({
    torrents,
    peers,
    pieces: 64,
    holdMs: 0,
    leechers: true,
    serves: depth === "sample",
  })
  const out = join(crowd.folder, "snapshots")
  try {
    // A piece of each, and as much again for their rates: all of it is one machine's to hash.
    const budget = `${Math.ceil((2 * peers * pieceBytes) / 1_024)}KiB`
    const args = ["--depth", depth, "--max-download", budget, "-o", `${out}/`]
    const { cost } = await audit(crowd, [...crowd.torrents, ...args])
    const snapshots = readdirSync(out).map(
      (name) => JSON.parse(gunzipSync(readFileSync(join(out, name))).toString()) as Snapshot,
    )
    if (snapshots.length !== torrents)
      throw new Error(`${snapshots.length} snapshots of ${torrents} torrents`)
    const least = (of: (peer: Snapshot["peers"][number]) => boolean) =>
      Math.min(...snapshots.map((snapshot) => snapshot.peers.filter(of).length))
    const durationsMs = snapshots.map(({ run }) => run.durationMs)
    return {
      ...cost,
      torrents,
      peers,
      leastTold: least(({ bitfield }) => bitfield !== null),
      leastVerified: least(({ stage }) => stage === "verified"),
      cut: snapshots.filter(({ run }) => run.stopReason !== "complete").length,
      accusations: snapshots
        .flatMap(({ findings }) => findings)
        .filter(({ verdict }) => verdict === "warn" || verdict === "fail").length,
      shortestMs: Math.min(...durationsMs),
      longestMs: Math.max(...durationsMs),
    }
  } finally {
    await crowd.stop()
  }
}
