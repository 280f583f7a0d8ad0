/**
 * Metrics for node_exporter's textfile collector: the Prometheus text format, in base units, without timestamps, and without a label
 * for each peer. What was not measured has no sample.
 */
import type { Snapshot } from "../report.ts"
import { exposition } from "./prom/exposition.ts"
import { figureFamilies, type Figures } from "./prom/figures.ts"
import { measured } from "./swarm-table.ts"
import { endOf } from "./units.ts"

/** When the last audit with an answer ended, ISO 8601, by info hash: a run without one must not look like none at all. */
export type LastSuccess = ReadonlyMap<string, string>

/** Snapshots of several torrents; of one torrent the last. */
export function renderProm(snapshots: readonly Snapshot[], earlier: LastSuccess = new Map()): string {
  const byHash = new Map(snapshots.map((snapshot) => [hashOf(snapshot), snapshot] as const))
  byHash.delete("")
  const all = [...byHash].map(([hash, snapshot]) => ({
    labels: { info_hash: hash },
    of: figuresOf(snapshot, earlier.get(hash) ?? null),
  }))
  return exposition(figureFamilies, all)
}

const hashOf = ({ torrent }: Snapshot): string => torrent.infoHashV1 ?? torrent.infoHashV2 ?? ""

function figuresOf(snapshot: Snapshot, earlierSuccess: string | null): Figures {
  const { run, torrent, verdict, swarm, findings } = snapshot
  const { reached, served } = measured(snapshot)
  const counted = (level: "warn" | "fail") => findings.filter((each) => each.verdict === level).length
  return {
    status: verdict.status,
    name: torrent.name,
    seedersClaimed: swarm.seeders.claimed,
    seedersReached: reached ? swarm.seeders.reached : null,
    seedersVerified: served ? swarm.seeders.verified : null,
    leechersClaimed: swarm.leechers.claimed,
    leechersReached: reached ? swarm.leechers.reached : null,
    copies: swarm.availability?.distributedCopies ?? null,
    reachRatio: swarm.reachRatio,
    goodputBytesPerSecond: swarm.goodputBytesPerSecond.median?.value ?? null,
    problems: { warn: counted("warn"), fail: counted("fail") },
    lastSuccessAt: verdict.status === "unknown" ? earlierSuccess : endOf(run),
  }
}
