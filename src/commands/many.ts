/** Several targets, directories and lists: audited side by side, one line each, worst first. */
import type { Depth } from "../evidence.ts"
import { InputError } from "../failure.ts"
import { gather, openShared, type SharedTools } from "../gather.ts"
import { limits } from "../limits.ts"
import type { Snapshot, Status } from "../report.ts"
import type { History } from "../store/history.ts"
import { checkWritable } from "../store/snapshot-file.ts"
import { confirmed } from "./alerts.ts"
import { openAuditing, type Auditing } from "./audit-target.ts"
import type { Context } from "./context.ts"
import { directoriesIn } from "./deliver/directories.ts"
import { checkStore, historyOf, rowsOf } from "./keep.ts"
import { audits } from "./many/audits.ts"
import { deliverOne, salvageOne, type Delivered, type Places } from "./many/deliver-one.ts"
import { exitOf, worstOf } from "./many/outcome.ts"
import { checkDocuments, printerOf, publish } from "./many/publish.ts"
import { runAll } from "./many/schedule.ts"
import { newMemory, resolveTargets, type Failed, type Known, type Resolved } from "./many/targets.ts"
import { isPlural } from "./many/words.ts"
import { outputOptions, type OutputOptions } from "./request.ts"
import { showMany } from "./shown.ts"

/** More than one word, a directory, or `@list`. */
export async function isMany({ targets: [word, ...more] }: Pick<Context, "targets">): Promise<boolean> {
  return more.length > 0 || (word !== undefined && (await isPlural(word)))
}

export async function auditMany(context: Context, forced: { depth?: Depth }): Promise<number> {
  const { output, round } = await prepareMany(context, forced)
  return (await round(output)).exit
}

export interface Rounds {
  /** As the flags ask; a directory of `-o` is no file of it. */
  readonly output: OutputOptions
  /** Audits all and says what came of it, on the terminal and in files. Directories and lists are read anew each time. */
  readonly round: (output: OutputOptions) => Promise<{ status: Status; exit: number }>
}

/**
 * For `watch` too: all that may be wrong with the flags is found here, and what is wrong with a target is a line of the table. A round
 * throws InputError only where there is no target at all.
 */
export async function prepareMany(context: Context, forced: { depth?: Depth } = {}): Promise<Rounds> {
  const { directories, flags } = await directoriesIn(context.flags)
  const own = { ...context, flags }
  const output = outputOptions(flags)
  checkDocuments(output)
  for (const file of output.files) await checkWritable(file)
  await checkStore(own)
  const auditing = await openAuditing(silently(own), forced)
  const memory = newMemory()
  return {
    output,
    async round(how) {
      const resolved = await resolveTargets(own, auditing.options, auditing.fetchUrl, memory)
      const [failure] = resolved.failed
      if (
        resolved.known.length === 0 &&
        failure &&
        context.targets.length === 1 &&
        resolved.failed.length === 1
      )
        throw failure.error
      return auditAll(resolved, auditing, how, own, directories)
    },
  }
}

/** A copy being read, say, or a second audit to confirm the first, would write across the display of all. */
const silently = (context: Context): Context => ({
  ...context,
  terminal: { ...context.terminal, stderrIsTty: false },
})

async function auditAll(
  { known, failed, repeated }: Resolved,
  auditing: Auditing,
  output: OutputOptions,
  context: Context,
  directories: readonly string[],
): Promise<{ status: Status; exit: number }> {
  const { stop } = context
  const places: Places = { directories, taken: new Map(), rowsOf: rowsOf(context) }
  const failures = [...failed]
  const delivered: Delivered[] = []
  const running = new Set<string>()
  const print = printerOf(output, context)
  print(failed, null)
  const display = showMany(context, output)
  const update = () =>
    display.update({
      done: failures.length + delivered.length,
      total: failed.length + known.length,
      running: [...running],
      counts: countsOf(delivered, failures.length),
    })
  const told = (name: string, status: string) => {
    if (output.progress === "plain")
      display.message(`${new Date().toISOString()} audited=${JSON.stringify(name)} status=${status}`)
  }

  async function auditOne(each: Known, shared: SharedTools | null): Promise<void> {
    running.add(each.name)
    update()
    const result = await attempt(each, auditing, shared, output, context, places)
    running.delete(each.name)
    if ("error" in result) {
      failures.push(result)
      print([result], null)
    } else {
      print([], result.printed)
      // Hundreds of them would fill the memory.
      delivered.push(output.format === "ndjson" ? { ...result, printed: null } : result)
    }
    told(each.name, "error" in result ? result.error.code : result.status)
    update()
  }

  let left: Known[] = known.slice()
  const held = output.keep ? await openedHistory(context) : null
  try {
    const shared = await sharedBy(auditing, known.length)
    try {
      left = await runAll(known, await scheduling(auditing, stop), (each) => auditOne(each, shared))
    } finally {
      shared?.close()
    }
  } finally {
    display.done()
    await held?.close()
  }
  const outcome = {
    statuses: delivered.map(({ status }) => status),
    failed: failures,
    notAudited: left.map(({ name }) => name),
  }
  await publish({ outcome, delivered, repeated }, output, context)
  return { status: worstOf(outcome), exit: exitOf(outcome, output.failOn, stop) }
}

/** Open all the while: otherwise each audit's own connection would be the last, whose closing writes everything back. */
async function openedHistory(context: Context): Promise<History | null> {
  const history = await historyOf(context)
  return history.told("").then(
    () => history,
    async () => {
      await history.close()
      return null
    },
  )
}

function countsOf(delivered: readonly Delivered[], failed: number): Record<Status, number> {
  const of = (status: Snapshot["verdict"]["status"]) =>
    delivered.filter((each) => each.status === status).length
  return { ok: of("ok"), warning: of("warning"), critical: of("critical"), unknown: of("unknown") + failed }
}

/** Whatever goes wrong with one, the others go on. */
async function attempt(
  { label, load }: Known,
  auditing: Auditing,
  shared: SharedTools | null,
  output: OutputOptions,
  context: Context,
  places: Places,
): Promise<Delivered | Failed> {
  const { stop, environment } = context
  try {
    const audit = await auditing.prepare(await load())
    const deliver = async (evidence: Parameters<typeof deliverOne>[0]) =>
      deliverOne(evidence, output, context, places)
    const evidence = await confirmed(
      async () =>
        audit({
          gather: (target, options, memory, network) =>
            gather(target, options, {
              network,
              ...memory,
              ...(shared && { shared }),
              onProgress() {},
              stop,
            }),
          salvage: (evidence) => salvageOne(evidence, output, context, places),
          deliver,
        }),
      silently(context),
    )
    return await deliver(evidence)
  } catch (error) {
    if (error instanceof InputError) return { label, error }
    if (environment["TORRENT_AUDIT_DEBUG"] && error instanceof Error) context.terminal.err(`${error.stack}\n`)
    const hint = "This is a bug of torrent-audit: please report it with the command line."
    return { label, error: new InputError("internal", String(error), hint) }
  }
}

/** Port, DHT client and budgets of one run, for all of them. */
async function sharedBy({ options, network }: Auditing, targets: number): Promise<SharedTools | null> {
  if (targets < 2) return null
  const { network: through, off } = await network()
  return openShared({ ...options, network: through, off })
}

async function scheduling({ options, network }: Auditing, stop: AbortSignal) {
  const { perTracker, trackerMs } = limits.many
  return {
    atOnce: audits(options),
    perTracker,
    trackerMs,
    clock: (await network()).network,
    stop,
  }
}
