/** What became of several audits, all together: the worst status, the exit status, the one JSON document. */
import type { FleetLine } from "../../render/fleet.ts"
import { schemaVersion, type FleetReport, type Snapshot, type Status } from "../../report.ts"
import type { OutputOptions } from "../request.ts"
import { version } from "../version.ts"
import type { Failed } from "./targets.ts"
import { plainJson } from "../../evidence/plain-json.ts"

export interface Outcome {
  /** Of the audits that were made. */
  readonly statuses: readonly Status[]
  readonly failed: readonly Failed[]
  /** Names of those before which a signal came. */
  readonly notAudited: readonly string[]
}

const severity = ["ok", "warning", "unknown", "critical"] as const
const codes: Record<Status, number> = { ok: 0, warning: 1, critical: 2, unknown: 3 }

/** critical > unknown > warning > ok; what failed is unknown. */
export function worstOf({ statuses, failed, notAudited }: Outcome): Status {
  const all: Status[] = [
    ...statuses,
    ...(failed.length + notAudited.length > 0 ? (["unknown"] as const) : []),
  ]
  return all.reduce((worst, each) => (severity.indexOf(each) > severity.indexOf(worst) ? each : worst), "ok")
}

/** A signal comes first; what `--fail-on` forgives is a verdict, never a target that failed. */
export function exitOf(outcome: Outcome, failOn: OutputOptions["failOn"], stop: AbortSignal): number {
  if (stop.aborted) return stop.reason === "terminated" ? 143 : 130
  const status = worstOf(outcome)
  const forgiven = failOn === "never" || (failOn === "critical" && status === "warning")
  if (forgiven) return outcome.failed.length > 0 ? codes.unknown : 0
  return codes[status]
}

export function tallyOf({
  statuses,
  failed,
  notAudited,
}: Outcome): Omit<FleetReport["verdict"], "status" | "exitCode"> {
  const of = (status: Status) => statuses.filter((each) => each === status).length
  return {
    targets: statuses.length + failed.length + notAudited.length,
    ok: of("ok"),
    warning: of("warning"),
    critical: of("critical"),
    unknown: of("unknown"),
    failed: failed.length,
    notAudited: notAudited.length,
  }
}

/** In pieces: the whole may be longer than a string can be. */
export function* fleetJson(outcome: Outcome, snapshots: readonly Snapshot[]): Generator<string> {
  const status = worstOf(outcome)
  const worstFirst = snapshots.toSorted(
    (a, b) => severity.indexOf(b.verdict.status) - severity.indexOf(a.verdict.status),
  )
  const { snapshots: _, ...rest } = {
    schemaVersion,
    tool: { name: "torrent-audit", version },
    verdict: { status, exitCode: codes[status], ...tallyOf(outcome) },
    failed: outcome.failed.map(({ label, error: { code, message, hint } }) => ({
      target: label,
      error: { code, message, hint },
    })),
    error: null,
    snapshots: [],
  } satisfies FleetReport
  yield `${plainJson(rest).slice(0, -1)},"snapshots":[`
  for (const [i, snapshot] of worstFirst.entries()) yield (i === 0 ? "" : ",") + plainJson(snapshot)
  yield "]}\n"
}

export const failedLine = ({ label, error: { code, message } }: Failed): FleetLine => ({
  kind: "failed",
  name: label,
  code,
  message,
})
