/** `torrent-audit watch <target> --every 10m`: the same audit again and again, each told what the ones before it saw. */
import { InputError } from "../failure.ts"
import { realNetwork } from "../network.ts"
import { formatError } from "../render/errors.ts"
import type { Status } from "../report.ts"
import { prepareAudit } from "./audit.ts"
import type { Command, Context } from "./context.ts"
import { deliver, exitStatus } from "./deliver.ts"
import { outputOptions, watchOptions, type OutputOptions } from "./request.ts"
import { failedSnapshot } from "./snapshot.ts"

interface Round {
  status: Status
  exit: number
}

const unknown: Round = { status: "unknown", exit: 3 }

/** Rounds start at multiples of `--every` from the first one; one that takes longer leaves out those that it runs into. */
export const untilNextRound = (elapsedMs: number, everyMs: number): number =>
  (Math.floor(elapsedMs / everyMs) + 1) * everyMs - elapsedMs

export const watch: Command = async (context) => {
  const { everyMs, rounds } = watchOptions(context.flags)
  const output = outputOptions(context.flags)
  const audit = await prepareAudit(context)
  const { stop, terminal } = context
  const clock = realNetwork()
  const startedMs = clock.now()
  let last: Round | null = null
  for (let round = 1; ; round++) {
    if (last !== null && output.format === "text" && terminal.printed) terminal.out("\n")
    last = await play(audit, quietUnlessChanged(output, last), context)
    if (stop.aborted || round === rounds) return last.exit
    await clock.sleep(untilNextRound(clock.now() - startedMs, everyMs), stop)
    if (stop.aborted) return stop.reason === "terminated" ? 143 : 130
  }
}

/** With -q, a round says something while there is a problem, and once it is over. */
const quietUnlessChanged = (output: OutputOptions, last: Round | null): OutputOptions => ({
  ...output,
  quiet: output.quiet && (last === null || last.status === "ok"),
})

/** What a round can't do (no metadata, a full disk) may pass by the next one. Bugs of ours still end the watch. */
async function play(
  audit: Awaited<ReturnType<typeof prepareAudit>>,
  output: OutputOptions,
  context: Context,
): Promise<Round> {
  const { terminal } = context
  try {
    const snapshot = await deliver(await audit(output), output, context)
    return { status: snapshot.verdict.status, exit: exitStatus(snapshot, output.failOn) }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const { code, message, hint } = error
    if (output.format === "json") terminal.out(`${JSON.stringify(failedSnapshot({ code, message, hint }))}\n`)
    terminal.err(formatError({ code, message, hint }, { color: terminal.errorColor, ascii: terminal.ascii }))
    return unknown
  }
}
