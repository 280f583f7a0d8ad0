/** `torrent-audit watch <target…> --every 10m`: the same audit again and again, each told what the ones before it saw. */
import { InputError } from "../failure.ts"
import { realNetwork, type Network } from "../network.ts"
import { formatError } from "../render/errors.ts"
import { clockTime } from "../render/schedule.ts"
import type { Snapshot, Status } from "../report.ts"
import { timeAfter } from "../store/cron-expression.ts"
import { confirmed, pinged } from "./alerts.ts"
import { prepareAudit } from "./audit.ts"
import type { Command, Context } from "./context.ts"
import { deliver, exitStatus } from "./deliver.ts"
import { failureAs } from "./deliver/failure.ts"
import { directoriesIn, fileIn } from "./deliver/directories.ts"
import { dryRun } from "./dry-run.ts"
import { isMany, prepareMany } from "./many.ts"
import { outputOptions, type OutputOptions } from "./request.ts"
import { streaming } from "./deliver/stream.ts"
import { watchOptions, type Rhythm } from "./watch/options.ts"

interface Round {
  /** Null: of several targets. */
  status: Status | null
  exit: number
  snapshots?: readonly Snapshot[]
}

type Play = (last: Round | null) => Promise<Round>

const unknown: Round = { status: "unknown", exit: 3 }

/** Rounds start at multiples of `--every` from the first one; one that takes longer leaves out those that it runs into. */
export const untilNextRound = (elapsedMs: number, everyMs: number): number =>
  (Math.floor(elapsedMs / everyMs) + 1) * everyMs - elapsedMs

export const watch: Command = async (context) => {
  if (context.flags["dry-run"] === true) return dryRun(context, {})
  const { rounds, ...rhythm } = watchOptions(context.flags)
  const output = streaming(outputOptions((await directoriesIn(context.flags)).flags), context)
  const play = (await isMany(context)) ? await manyOf(context) : await oneOf(context, output)
  const { stop, terminal } = context
  const clock = realNetwork()
  const startedMs = clock.now()
  let last: Round | null = null
  for (let round = 1; ; round++) {
    // By the clock, the first one waits for its time too.
    if (last !== null || "at" in rhythm) {
      await untilDue(rhythm, startedMs, clock, output, context)
      if (stop.aborted) return stop.reason === "terminated" ? 143 : 130
    }
    const silent = output.quiet || output.onlyChanges
    if (last !== null && output.format === "text" && terminal.printed && !silent) terminal.out("\n")
    last = await orFailed(() => pinged(context, () => play(last)), output, context)
    // A signal may come while a round is judged, which then doesn't know of it.
    if (stop.aborted) return stop.reason === "terminated" ? 143 : 130
    if (round === rounds) return last.exit
  }
}

/** A timer is off by as much as the machine slept, and none can be set for more than 24 days. */
const longestSleepMs = 60_000

async function untilDue(
  rhythm: Rhythm,
  startedMs: number,
  clock: Network,
  { progress, quiet }: OutputOptions,
  context: Context,
): Promise<void> {
  const { stop, terminal } = context
  if ("everyMs" in rhythm) {
    await clock.sleep(untilNextRound(clock.now() - startedMs, rhythm.everyMs), stop)
    return
  }
  const next = await timeAfter(rhythm.at, new Date())
  if (next === null)
    throw new InputError(
      "bad-value",
      `--every ${rhythm.at.text}: no such time is to come`,
      "Give other fields.",
    )
  if (progress === "plain")
    terminal.err(`${new Date().toISOString()} phase=waiting until=${next.toISOString()}\n`)
  else if (progress === "auto" && terminal.stderrIsTty && !quiet)
    terminal.err(`Next round at ${clockTime(next)}; Ctrl-C ends the watch.\n`)
  for (let leftMs = Infinity; leftMs > 0 && !stop.aborted;) {
    leftMs = next.getTime() - Date.now()
    if (leftMs > 0) await clock.sleep(Math.min(leftMs, longestSleepMs), stop)
  }
}

async function oneOf(context: Context, asked: OutputOptions): Promise<Play> {
  const { directories, flags } = await directoriesIn(context.flags)
  const audit = await prepareAudit({ ...context, flags })
  return async (last) => {
    const output = quietUnlessChanged(asked, last)
    const evidence = await confirmed(() => audit(output), context)
    const files = [...output.files, ...directories.map((each) => fileIn(each, evidence.torrent))]
    const snapshot = await deliver(evidence, { ...output, files }, context)
    return {
      status: snapshot.verdict.status,
      exit: exitStatus(snapshot, output.failOn),
      snapshots: [snapshot],
    }
  }
}

async function manyOf(context: Context): Promise<Play> {
  const { output, round } = await prepareMany(context)
  return (last) => round(quietUnlessChanged(output, last))
}

/** With -q, a round says something while there is a problem, and once it is over. */
const quietUnlessChanged = (output: OutputOptions, last: Round | null): OutputOptions => ({
  ...output,
  quiet: output.quiet && (last === null || last.status === "ok"),
})

/** What a round can't do (no metadata, a full disk) may pass by the next one. Bugs of ours still end the watch. */
async function orFailed(play: () => Promise<Round>, output: OutputOptions, context: Context): Promise<Round> {
  const { terminal } = context
  try {
    return await play()
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const { code, message, hint } = error
    // One document a round: what can't be saved was printed before that was known.
    if (!error.isAfterwards) {
      if (output.format === "ndjson") output.events?.fail({ code, message, hint })
      else terminal.out(failureAs(output.format, { code, message, hint }))
    }
    terminal.err(formatError({ code, message, hint }, { color: terminal.errorColor, ascii: terminal.ascii }))
    return unknown
  }
}
