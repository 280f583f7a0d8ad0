/** An audit as a point in time: this one, and those before it. */
import { contactsPeers } from "../../evidence/words.ts"
import type { AuditRow, Snapshot } from "../../report.ts"

export type Moment = Pick<
  AuditRow,
  "id" | "startedAt" | "status" | "depth" | "seedersClaimed" | "seedersReached" | "reachRatio" | "copies"
> & { at: number }

/** More than a database of years would have of one target. */
const most = 20_000

const thisRun = ({ run, verdict, swarm }: Snapshot): Moment => ({
  id: run.id,
  startedAt: run.startedAt,
  at: Date.parse(run.startedAt),
  status: verdict.status,
  depth: run.depth,
  seedersClaimed: swarm.seeders.claimed,
  seedersReached: swarm.seeders.reached,
  reachRatio: swarm.reachRatio,
  copies: swarm.availability?.distributedCopies ?? null,
})

/** Oldest first, this run the last: what came after it is not its history. */
export function momentsOf(snapshot: Snapshot, history: readonly AuditRow[]): Moment[] {
  const now = thisRun(snapshot)
  const before = history
    .slice(0, most)
    .map((row) => ({ ...row, at: Date.parse(row.startedAt) }))
    .filter((row) => row.id !== now.id && row.at <= now.at)
  return [...before.toSorted((one, other) => one.at - other.at), now]
}

/** Below `handshake` nobody is asked what it holds: no count, and not zero. */
export const reachedBy = ({ depth, seedersReached }: Moment): number | null =>
  contactsPeers(depth) ? seedersReached : null
