/** A fleet's metrics in the Prometheus text format: those of every torrent from every vantage point, then the queue and the workers. */
import { countStandings, standings, worstFirst, type StandingCounts } from "../report/standing.ts"
import { vantageStates, type VantageState } from "../report/vantage-state.ts"
import type { AuditRow, FleetStatus, FleetView } from "../report.ts"
import { exposition, one, secondsOf, type Family, type Labelled } from "./prom/exposition.ts"
import { figureFamilies, type Figures } from "./prom/figures.ts"
import { measured } from "./swarm-table.ts"
import { endOf } from "./units.ts"

/** To be written to a file at each round: `fleet_status_timestamp_seconds` tells how old it is. */
export function renderFleetProm(status: FleetStatus): string {
  const views = status.torrents.flatMap(({ infoHash, views: all }) =>
    all.map((view) => ({ labels: { info_hash: infoHash, vantage: view.vantage }, of: view })),
  )
  const audited = views.flatMap(({ labels, of }): Labelled<Figures>[] =>
    of.newest === null ? [] : [{ labels, of: figuresOf(of.newest, of) }],
  )
  const places = vantageStates(status).map((state) => ({ labels: { vantage: state.label }, of: state }))
  const counts = countStandings(worstFirst(status).map(({ stand }) => stand))
  return [
    exposition(figureFamilies, audited),
    exposition(viewFamilies, views),
    exposition(placeFamilies, places),
    exposition(fleetFamilies, [{ labels: {}, of: { status, counts } }]),
  ].join("")
}

function figuresOf(newest: AuditRow, view: FleetView): Figures {
  const { reached, served } = measured({ run: newest })
  const counted = (level: "warn" | "fail") => newest.problems.filter((each) => each.verdict === level).length
  return {
    ...newest,
    seedersReached: reached ? newest.seedersReached : null,
    seedersVerified: served ? newest.seedersVerified : null,
    leechersReached: reached ? newest.leechersReached : null,
    goodputBytesPerSecond: newest.medianBytesPerSecond,
    problems: { warn: counted("warn"), fail: counted("fail") },
    lastSuccessAt: lastSuccessOf(newest, view),
  }
}

/** Of those in the trend, only when they began is known: minutes before they ended. */
function lastSuccessOf(newest: AuditRow, { dayBefore, recent }: FleetView): string | null {
  const answered = ({ status }: Pick<AuditRow, "status">) => status !== "unknown"
  if (answered(newest)) return endOf(newest)
  const ends = [
    ...(dayBefore !== null && answered(dayBefore) ? [endOf(dayBefore)] : []),
    ...recent.filter(answered).map(({ startedAt }) => startedAt),
  ]
  return ends.toSorted().at(-1) ?? null
}

const viewFamilies: readonly Family<FleetView>[] = [
  {
    name: "failed",
    help: "1 where the newest due audit came to nothing.",
    samples: ({ failed }) => one(failed === null ? 0 : 1),
  },
  {
    name: "next_due_timestamp_seconds",
    help: "When the next audit is due.",
    samples: ({ nextDueAt }) => one(secondsOf(nextDueAt)),
  },
]

const placeFamilies: readonly Family<VantageState>[] = [
  {
    name: "fleet_workers",
    help: "Workers that live.",
    samples: ({ workers }) => one(workers),
  },
  {
    name: "fleet_worker_seen_timestamp_seconds",
    help: "When any worker of the vantage point was last seen.",
    samples: ({ seenAt }) => one(secondsOf(seenAt)),
  },
  {
    name: "fleet_blind",
    help: "1 where nothing can be told of any torrent: the vantage point's own network may be at fault.",
    samples: ({ state }) => one(state === "blind" ? 1 : 0),
  },
  {
    name: "fleet_last_audit_timestamp_seconds",
    help: "When the vantage point's last audit was made.",
    samples: ({ lastAuditAt }) => one(secondsOf(lastAuditAt)),
  },
  {
    name: "fleet_audits_last_day",
    help: "Audits of the last 24 hours.",
    samples: ({ auditsLastDay }) => one(auditsLastDay),
  },
]

interface Whole {
  status: FleetStatus
  counts: StandingCounts
}

const fleetFamilies: readonly Family<Whole>[] = [
  {
    name: "fleet_torrents",
    help: "Torrents, by the worst that any vantage point says.",
    samples: ({ counts }) => standings.map((status) => ({ labels: { status }, value: counts[status] })),
  },
  {
    name: "fleet_audits_waiting",
    help: "Due audits that nobody has begun.",
    samples: ({ status }) => one(status.queue.waiting),
  },
  {
    name: "fleet_audits_retrying",
    help: "Of those waiting: tried before.",
    samples: ({ status }) => one(status.queue.retrying),
  },
  {
    name: "fleet_audits_running",
    help: "Audits that are being made.",
    samples: ({ status }) => one(status.queue.running),
  },
  {
    name: "fleet_oldest_due_timestamp_seconds",
    help: "When the oldest of those waiting was due; no sample: nothing waits.",
    samples: ({ status }) => one(secondsOf(status.queue.oldestDueAt)),
  },
  {
    name: "fleet_done_last_day",
    help: "Due audits of the last 24 hours that were made.",
    samples: ({ status }) => one(status.queue.doneLastDay),
  },
  {
    name: "fleet_failed_last_day",
    help: "Due audits of the last 24 hours that came to nothing.",
    samples: ({ status }) => one(status.queue.failedLastDay),
  },
  {
    name: "fleet_status_timestamp_seconds",
    help: "When all this was so.",
    samples: ({ status }) => one(secondsOf(status.at)),
  },
]
