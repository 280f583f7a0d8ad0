/** One verified piece of everybody, beside libtorrent that downloads the torrent from the same swarm. */
import { join } from "node:path"
import { audit, libtorrent, snapshotAt, startCrowd, type Cost } from "./play.ts"
import { pieceBytes } from "./swarm.ts"

export interface SampleReading extends Cost {
  readonly peers: number
  /** Peers of which a piece was verified; of libtorrent, peers that gave it anything. */
  readonly verified: number
  readonly payloadBytes: number
  /** From the first dial: until the last peer's first piece was verified; libtorrent: until it had the torrent. */
  readonly doneMs: number
}

const shapeOf = (peers: number) =>
  ({ torrents: 1, peers, pieces: 64, holdMs: 0, leechers: true, serves: true }) as const

export async function ours(peers: number): Promise<SampleReading> {
  const crowd = await startCrowd(shapeOf(peers))
  const out = join(crowd.folder, "audit.json")
  try {
    const [torrent = ""] = crowd.torrents
    // A piece of each, and as much again for their rates.
    const budget = `${Math.ceil((2 * peers * pieceBytes) / 1_024)}KiB`
    const most = String(2 * peers + 10)
    const args = ["--depth", "sample", "--max-peers", most, "--max-download", budget, "--redact", "none"]
    const { cost } = await audit(crowd, [torrent, ...args, "-o", out])
    const snapshot = snapshotAt(out)
    const dialsMs = snapshot.peers.flatMap(({ attempts }) => attempts.map(({ atMs }) => atMs))
    const firstsMs = snapshot.peers.flatMap(({ samples }) => {
      const first = samples.find(({ verified }) => verified === true)
      return first ? [first.atMs + first.ms] : []
    })
    return {
      ...cost,
      peers,
      verified: firstsMs.length,
      payloadBytes: snapshot.run.usage.payloadBytes,
      doneMs: Math.max(...firstsMs) - Math.min(...dialsMs),
    }
  } finally {
    await crowd.stop()
  }
}

export async function libtorrents(peers: number): Promise<SampleReading> {
  const crowd = await startCrowd(shapeOf(peers))
  try {
    const { served, payloadBytes, doneAt, wallMs, cpuMs, peakRssBytes } = await libtorrent(
      crowd,
      peers,
      "complete",
    )
    const { firstAt } = await crowd.marks()
    return { wallMs, cpuMs, peakRssBytes, peers, verified: served, payloadBytes, doneMs: doneAt - firstAt }
  } finally {
    await crowd.stop()
  }
}
