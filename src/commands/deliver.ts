/** Evidence → history, files and the screen, each judged from the evidence as redacted for that place; the exit status. */
import type { Evidence } from "../evidence.ts"
import { InputError } from "../failure.ts"
import type { Snapshot } from "../report.ts"
import { formatError } from "../render/errors.ts"
import { redact, type Redaction } from "../store/redact.ts"
import { redactionKey, stateDirectory } from "../store/state.ts"
import { shownCommandLine } from "./command-line.ts"
import type { Context } from "./context.ts"
import { keep, rowsOf } from "./keep.ts"
import { misfortuneOf } from "./misfortunes.ts"
import { utterance } from "./alerts/only-changes.ts"
import { rendered, writeRendered } from "./deliver/outputs.ts"
import type { OutputOptions } from "./request.ts"
import { snapshotOf } from "./snapshot.ts"
import { createStream } from "./deliver/stream.ts"

/**
 * Throws InputError `cant-write` once everything else was done: what was gathered is never lost. `considered` has the last word about
 * each snapshot: what is too old tells nothing of now.
 */
export async function deliver(
  evidence: Evidence,
  output: OutputOptions,
  context: Context,
  considered: (snapshot: Snapshot) => Snapshot = (snapshot) => snapshot,
): Promise<Snapshot> {
  const { terminal } = context
  const as = renderings(evidence, context, considered)
  const kept = output.keep ? await keep(as(output.redact ?? "prefix"), context) : null
  const printed = as(output.redact ?? (terminal.stdoutIsTty ? "none" : "prefix"))
  const failures = await writeFiles(as, output, context)
  await print(printed, kept, output, context)
  raise(failures, kept === null ? null : "Snapshot kept in history.", true)
  return printed
}

/** For a run that ends in an error: nothing to show, and yet nothing of it is lost. */
export async function saveOnly(evidence: Evidence, output: OutputOptions, context: Context): Promise<void> {
  raise(await writeFiles(renderings(evidence, context), output, context), null)
}

/** Each redaction is judged once. */
export function renderings(
  evidence: Evidence,
  context: Context,
  considered: (snapshot: Snapshot) => Snapshot = (snapshot) => snapshot,
): (how: Redaction) => Snapshot {
  const made = new Map<Redaction, Snapshot>()
  return (how) => {
    const known = made.get(how)
    if (known) return known
    const key = how === "none" ? new Uint8Array() : redactionKey(stateDirectory(context.environment))
    const snapshot = considered(snapshotOf(redact(evidence, how, key)))
    made.set(how, snapshot)
    return snapshot
  }
}

/** Every one is tried; what went wrong with the others. */
async function writeFiles(
  as: (how: Redaction) => Snapshot,
  { files, redact: how, events }: OutputOptions,
  context: Context,
): Promise<unknown[]> {
  const failures: unknown[] = []
  if (files.length === 0) return failures
  const saved = as(how ?? "prefix")
  const rendering = {
    rowsOf: rowsOf(context),
    commandLine: shownCommandLine(context),
    events: events?.taken(how ?? "prefix") ?? [],
  }
  events?.forget()
  for (const file of files)
    await writeRendered(file, [saved], rendering).catch((error: unknown) => void failures.push(error))
  return failures
}

/** A bug of ours first; several files that can't be written are one error. */
function raise(failures: readonly unknown[], hint: string | null, isAfterwards = false): void {
  const [first] = failures
  if (first === undefined) return
  const known = failures.filter((error) => error instanceof InputError)
  if (known.length < failures.length) throw failures.find((error) => !(error instanceof InputError))
  const [error] = known
  if (error === undefined) return
  const all = known.map(({ message }) => message).join("; ")
  throw Object.assign(new InputError(error.code, all, hint ?? error.hint), { isAfterwards })
}

/** `-q` and `--only-changes` silence the text, which people read; whoever reads another format waits for a whole document. */
async function print(
  snapshot: Snapshot,
  saved: string | null,
  output: OutputOptions,
  context: Context,
): Promise<void> {
  const { terminal } = context
  const { format } = output
  if (format === "ndjson") return (output.events ?? createStream(output, context)).finish(snapshot)
  if (format !== "text") return terminal.out(await rendered(format, snapshot, rowsOf(context)))
  const { what, before, said } = await utterance(snapshot, output, context)
  if (what !== "nothing") {
    const changes = await import("../render/changes.ts")
    if (what === "recovered" && before !== null) {
      terminal.out(changes.recoveredLine(snapshot, before, terminal))
    } else {
      if (what === "reminder" && before !== null) terminal.out(changes.reminderLine(before))
      terminal.out(await page(snapshot, saved, output, context))
      const misfortune = misfortuneOf(snapshot)
      if (misfortune !== null)
        terminal.err(formatError(misfortune, { color: terminal.errorColor, ascii: terminal.ascii }))
    }
  }
  await said()
}

async function page(
  snapshot: Snapshot,
  saved: string | null,
  { top, verbose }: OutputOptions,
  { terminal }: Context,
): Promise<string> {
  const { renderTerminal } = await import("../render/terminal.ts")
  return renderTerminal(snapshot, {
    columns: terminal.columns,
    color: terminal.color,
    ascii: terminal.ascii,
    top,
    verbose,
    ...(saved !== null && { saved }),
  })
}

/** `--fail-on` forgives verdicts, never failures of the tool; UNKNOWN is forgiven only by `never`. */
export function verdictStatus(
  { verdict }: Pick<Snapshot, "verdict">,
  failOn: OutputOptions["failOn"],
): number {
  if (failOn === "never" || (failOn === "critical" && verdict.status === "warning")) return 0
  return verdict.exitCode
}

/** Of a run that has just ended: a signal that ended it comes first. */
export function exitStatus(snapshot: Snapshot, failOn: OutputOptions["failOn"]): number {
  if (snapshot.run.stopReason === "interrupted") return 130
  if (snapshot.run.stopReason === "terminated") return 143
  return verdictStatus(snapshot, failOn)
}
