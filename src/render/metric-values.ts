/** The metrics of `-w` and `-c` as a snapshot has them, for programs that draw them; null: not known. */
import type { Limit, Metric } from "../evidence.ts"
import type { Snapshot } from "../report.ts"
import { measured } from "./swarm-table.ts"

const KiB = 1024

export const metricValue = (metric: Metric, snapshot: Snapshot): number | null => readers[metric](snapshot)

const counted =
  (role: "seeders" | "leechers") =>
  (snapshot: Snapshot): number | null =>
    measured(snapshot).reached ? snapshot.swarm[role].reached : snapshot.swarm[role].claimed

const readers: Record<Metric, (snapshot: Snapshot) => number | null> = {
  seeders: counted("seeders"),
  leechers: counted("leechers"),
  copies: ({ swarm }) => swarm.availability?.distributedCopies ?? null,
  reach: ({ swarm }) => (swarm.reachRatio === null ? null : swarm.reachRatio * 100),
  "missing-pieces": ({ swarm }) =>
    (swarm.webSeeds?.whole ?? 0) > 0 ? 0 : (swarm.availability?.missingPieces.length ?? null),
  rate: ({ swarm }) => dividedBy(KiB, swarm.goodputBytesPerSecond.median?.value),
  "full-copy": ({ swarm }) => dividedBy(1_000, swarm.fullCopyMs?.value),
  "dead-trackers": (snapshot) => deadTrackers(snapshot),
}

const dividedBy = (unit: number, value: number | undefined): number | null =>
  value === undefined ? null : value / unit

export const deadTrackers = ({ findings }: Snapshot): number =>
  findings.filter(({ audit, verdict }) => audit === "dead-tracker" && verdict === "warn").length

/** Of one metric: what was asked for last. */
export function limitOf(metric: Metric, level: "warning" | "critical", { run }: Snapshot): Limit | null {
  const { minSeeders, minAvailability, warning = [], critical = [] } = run.thresholds
  const given = (level === "warning" ? warning : critical).findLast((limit) => limit.metric === metric)
  if (given || level === "warning") return given ?? null
  const least = metric === "seeders" ? minSeeders : metric === "copies" ? minAvailability : null
  return least === null ? null : { metric, low: least, high: null, inside: false }
}
