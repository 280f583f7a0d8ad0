/** Before an alarm, and around an audit: `--confirm`, `--ping`. */
import type { Evidence } from "../evidence.ts"
import { InputError } from "../failure.ts"
import { limits } from "../limits.ts"
import { realNetwork } from "../network.ts"
import { formatError } from "../render/errors.ts"
import type { Snapshot, Status } from "../report.ts"
import type { Context } from "./context.ts"
import { errorStatus, folded } from "./exit-status.ts"
import { networkFor } from "./network-for.ts"
import { pingAt, post } from "./alerts/ping.ts"
import { alertOptions, gatherOptions } from "./request.ts"
import { snapshotOf } from "./snapshot.ts"

/** The mildest first. */
const severity: readonly Status[] = ["ok", "warning", "unknown", "critical"]

/**
 * Gathers again, `--confirm` times in all, while there is a problem: the first evidence without one, or else the mildest, which is as
 * far as all of them agree. A gathering that fails after another did not ends it with what there is.
 */
export async function confirmed(gather: () => Promise<Evidence>, context: Context): Promise<Evidence> {
  const { confirm } = alertOptions(context.flags)
  let evidence = await gather()
  if (confirm === 1) return evidence
  let status = statusOf(evidence)
  for (let audits = 1; audits < confirm && status !== "ok" && !context.stop.aborted; audits++) {
    await pause(status, context)
    if (context.stop.aborted) break
    const again = await gather().catch((error: unknown) => {
      if (!(error instanceof InputError)) throw error
      complain(error, context)
      return null
    })
    if (again === null || wasStopped(again)) break
    const now = statusOf(again)
    if (severity.indexOf(now) <= severity.indexOf(status)) [evidence, status] = [again, now]
  }
  return evidence
}

const statusOf = (evidence: Evidence): Status => snapshotOf(evidence).verdict.status

/** Ctrl-C ended it: it can't take back what was found before. */
const wasStopped = ({ run: { stopReason } }: Evidence): boolean =>
  stopReason === "interrupted" || stopReason === "terminated"

/** Long enough that whom we dialled in vain may be dialled again, and that what passes has passed. */
async function pause(status: Status, { flags, terminal, stop }: Context): Promise<void> {
  const { pauseMs, pauseLabMs } = limits.confirm
  const ms = gatherOptions(flags).pace === "lab" ? pauseLabMs : pauseMs
  if (terminal.stderrIsTty)
    terminal.err(`${status.toUpperCase()} so far: auditing again in ${ms / 1_000} s to confirm it.\n`)
  await realNetwork().sleep(ms, stop)
}

export interface Done {
  /** What the process will end with. */
  exit: number
  /** Not given: of several targets, of which only the status is told. */
  snapshots?: readonly Snapshot[]
}

const statusNames = ["OK", "WARNING", "CRITICAL"] as const

/**
 * `--ping URL`: `/start`, then the nagios line to `/<exit status>`, also when it ends in an error. A watchdog that can't be told is a
 * warning on standard error, and changes nothing else.
 */
export async function pinged<T extends Done>(context: Context, run: () => Promise<T>): Promise<T> {
  const { ping } = alertOptions(context.flags)
  if (ping === null) return run()
  const tell = await teller(ping, context)
  const started = tell("start", "")
  const end = async (exit: number, text: string) => {
    await started
    await tell(String(foldedFor(exit, context)), text)
  }
  const { nagiosError, renderNagios } = await import("../render/nagios.ts")
  try {
    const done = await run()
    const { exit, snapshots } = done
    await end(
      exit,
      snapshots ? renderNagios(snapshots) : `TORRENT ${statusNames[exit] ?? "UNKNOWN"} - several torrents\n`,
    )
    return done
  } catch (error) {
    const { code, message } =
      error instanceof InputError ? error : { code: "internal", message: String(error) }
    await end(errorStatus(code), nagiosError(message))
    throw error
  }
}

const foldedFor = (status: number, { flags: { format } }: Context): number =>
  folded(status, (format === true ? undefined : format?.at(-1)) ?? "text")

async function teller(ping: URL, context: Context): Promise<(end: string, text: string) => Promise<void>> {
  const { families } = gatherOptions(context.flags)
  const { network } = await networkFor(context, { families, port: null })
  let hasComplained = false
  return async (end, text) => {
    const failure = await post(pingAt(ping, end), text, network)
    if (failure === null || hasComplained) return
    hasComplained = true
    const why = failure.detail === null ? failure.code : `${failure.code}, ${failure.detail}`
    // The rest of the address is the key to the watchdog.
    context.terminal.err(`warning: the watchdog at ${ping.host} could not be told (${why})\n`)
  }
}

const complain = (error: InputError, { terminal }: Context): void =>
  terminal.err(formatError(error, { color: terminal.errorColor, ascii: terminal.ascii }))
