/** One snapshot as many audits, each told from the others by its number. */
import type { Snapshot } from "../../src/report.ts"

const minuteMs = 60_000

/** The same swarm, `n` minutes later; of all that a run has, only its id and its start differ. */
export function again(snapshot: Snapshot, n: number, everyMs = minuteMs): Snapshot {
  const startedAt = new Date(Date.parse(snapshot.run.startedAt) + n * everyMs).toISOString()
  return { ...snapshot, run: { ...snapshot.run, id: n.toString(16).padStart(8, "0"), startedAt } }
}

export function named(snapshot: Snapshot, name: string, infoHashV1: string): Snapshot {
  return { ...snapshot, torrent: { ...snapshot.torrent, name, infoHashV1 } }
}
