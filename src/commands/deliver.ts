/** Evidence → files and the screen, each judged from the evidence as redacted for that place; the exit status. */
import type { Evidence } from "../evidence.ts"
import type { Snapshot } from "../report.ts"
import { redact, type Redaction } from "../store/redact.ts"
import { serialise, writeSnapshot } from "../store/snapshot-file.ts"
import { redactionKey, stateDirectory } from "../store/state.ts"
import { speaks } from "./alerts.ts"
import type { Context } from "./context.ts"
import { keep } from "./keep.ts"
import type { OutputOptions } from "./request.ts"
import { snapshotOf } from "./snapshot.ts"

export async function deliver(
  evidence: Evidence,
  output: OutputOptions,
  context: Context,
): Promise<Snapshot> {
  const { terminal } = context
  const as = renderings(evidence, context)
  const kept = output.keep ? await keep(as(output.redact ?? "prefix"), context) : null
  const printed = as(output.redact ?? (terminal.stdoutIsTty ? "none" : "prefix"))
  // Saved first, but shown even when saving fails: what was gathered is never lost.
  try {
    const saved = output.files.length === 0 ? printed : as(output.redact ?? "prefix")
    for (const file of output.files) await writeSnapshot(file, saved)
  } finally {
    await print(printed, kept, output, context)
  }
  return printed
}

/** For a run that ends in an error: nothing to show, and yet nothing of it is lost. */
export async function saveOnly(evidence: Evidence, output: OutputOptions, context: Context): Promise<void> {
  if (output.files.length === 0) return
  const saved = renderings(evidence, context)(output.redact ?? "prefix")
  for (const file of output.files) await writeSnapshot(file, saved)
}

/** Each redaction is judged once. */
function renderings(evidence: Evidence, context: Context): (how: Redaction) => Snapshot {
  const made = new Map<Redaction, Snapshot>()
  return (how) => {
    const known = made.get(how)
    if (known) return known
    const key = how === "none" ? new Uint8Array() : redactionKey(stateDirectory(context.environment))
    const snapshot = snapshotOf(redact(evidence, how, key))
    made.set(how, snapshot)
    return snapshot
  }
}

async function print(
  snapshot: Snapshot,
  saved: string | null,
  output: OutputOptions,
  context: Context,
): Promise<void> {
  const { terminal } = context
  if (output.format === "json") {
    terminal.out(serialise(snapshot))
    return
  }
  if (!(await speaks(snapshot, output, context))) return
  const { renderTerminal } = await import("../render/terminal.ts")
  terminal.out(
    renderTerminal(snapshot, {
      columns: terminal.columns,
      color: terminal.color,
      ascii: terminal.ascii,
      top: output.top,
      verbose: output.verbose,
      ...(saved !== null && { saved }),
    }),
  )
}

/** `--fail-on` forgives verdicts, never failures of the tool; UNKNOWN is forgiven only by `never`. */
export function verdictStatus({ verdict }: Snapshot, failOn: OutputOptions["failOn"]): number {
  if (failOn === "never" || (failOn === "critical" && verdict.status === "warning")) return 0
  return verdict.exitCode
}

/** Of a run that has just ended: a signal that ended it comes first. */
export function exitStatus(snapshot: Snapshot, failOn: OutputOptions["failOn"]): number {
  if (snapshot.run.stopReason === "interrupted") return 130
  if (snapshot.run.stopReason === "terminated") return 143
  return verdictStatus(snapshot, failOn)
}
