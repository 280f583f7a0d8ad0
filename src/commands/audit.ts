/** `torrent-audit <target>`, `scrape` and `peers`: the main job. */
import type { Depth, Evidence, Progress } from "../evidence.ts"
import { InputError } from "../failure.ts"
import { gather, RefusedMetadata, type GatherOptions, type GatherTools, type Target } from "../gather.ts"
import { realNetwork, type Network } from "../network.ts"
import type { Snapshot } from "../report.ts"
import { createProgress } from "../render/progress.ts"
import { statusLine } from "../render/status-line.ts"
import { fileAnswers } from "../store/answers.ts"
import { checkWritable } from "../store/snapshot-file.ts"
import { fileNodes } from "../store/dht-nodes.ts"
import { cacheDirectory, stateDirectory } from "../store/state.ts"
import { announceLogFile, withAnnounceLog } from "./announce-log.ts"
import type { Command, Context } from "./context.ts"
import { deliver, exitStatus, saveOnly } from "./deliver.ts"
import { readingsIn, withEarlier } from "./earlier.ts"
import { networkFor } from "./network-for.ts"
import { withReference } from "./reference.ts"
import { bindAddresses, gatherOptions, outputOptions, type OutputOptions } from "./request.ts"
import { checkSources, metadataMissing, noMetadata, readAuditTarget } from "./target.ts"

export const auditAt =
  (depth?: Depth): Command =>
  async (context) => {
    refuseRounds(context)
    const audit = await prepareAudit(context, depth ? { depth } : {})
    const output = outputOptions(context.flags)
    return exitStatus(await audit(output), output.failOn)
  }

/** Who asks for rounds would wait for the second one in vain. */
function refuseRounds({ flags, targets: [target = "TARGET"] }: Context): void {
  const name = (["every", "rounds"] as const).find((each) => flags[each] !== undefined)
  if (name === undefined) return
  throw new InputError(
    "usage",
    `--${name} is an option of watch`,
    `torrent-audit watch ${target} --${name} …`,
  )
}

/** All that may be wrong with the command line is found here, before anything is gathered; the result audits, as often as wanted. */
export async function prepareAudit(
  context: Context,
  forced: { depth?: Depth } = {},
): Promise<(output: OutputOptions) => Promise<Snapshot>> {
  const options = gatherOptions(context.flags, forced)
  const [target, ...more] = context.targets
  if (target === undefined)
    throw new InputError("usage", "no target given", "torrent-audit file.torrent, or torrent-audit --help")
  if (more.length > 0)
    throw new InputError("usage", `${context.targets.length} targets given`, "Audit them one at a time.")
  for (const file of outputOptions(context.flags).files) await checkWritable(file)
  const logFile = await announceLogFile(context.flags)
  const asked = await readAuditTarget(target, context.stdin)
  checkSources(asked, options)
  const { network, off } = await networkFor(context, options)
  if (options.dht && off.includes("DHT")) checkWithoutDht(asked, options)
  const memory = {
    answers: fileAnswers(stateDirectory(context.environment)),
    nodes: fileNodes(cacheDirectory(context.environment)),
  }
  const history = context.flags["no-history"] === true ? null : readingsIn(context)
  let rounds = 0
  return async (output) => {
    // Another choice of pieces each time, unless the user made it.
    const { seed } = rounds++ === 0 ? options : gatherOptions(context.flags, forced)
    const now = { ...options, seed, off }
    const evidence = await withReference(asked, options.depth, context, (reference) =>
      gatherShown(asked, now, { ...memory, ...reference }, output, context, network),
    ).catch(async (error: unknown) => {
      if (error instanceof RefusedMetadata) await saveOnly(error.evidence, output, context)
      throw error
    })
    if (metadataMissing(evidence)) {
      await saveOnly(evidence, output, context)
      throw noMetadata(evidence)
    }
    const known = history === null ? evidence : withEarlier(evidence, history)
    const whole = await withAnnounceLog(known, logFile, context.stop).catch(async (error: unknown) => {
      // Rotated away meanwhile: what was gathered is not lost for it.
      await deliver(known, output, context)
      throw error
    })
    return deliver(whole, output, context)
  }
}

/** A proxy without UDP leaves the trackers and the peers that are named. */
function checkWithoutDht(target: Target, options: GatherOptions): void {
  try {
    checkSources(target, { ...options, dht: false, lsd: false })
  } catch (error) {
    if (!(error instanceof InputError) || error.code !== "no-sources") throw error
    const hint = "Add --tracker with an http:// URL or --peer, or use a proxy that has UDP ASSOCIATE."
    throw new InputError("no-sources", "no trackers, and the proxy carries no UDP for the DHT", hint)
  }
}

/** Gathers with whatever progress display the flags and the terminal ask for. */
export async function gatherShown(
  target: Target,
  options: GatherOptions,
  memory: Pick<GatherTools, "answers" | "nodes" | "openReference">,
  output: Pick<OutputOptions, "progress">,
  context: Context,
  network: Network = realNetwork({ bind: bindAddresses(context.flags), families: options.families }),
): Promise<Evidence> {
  const { terminal, stop } = context
  const mode = output.progress === "auto" ? (terminal.stderrIsTty ? "live" : "none") : output.progress
  const progress = createProgress(mode, {
    write: terminal.err,
    columns: () => process.stderr.columns ?? 80,
    rows: () => process.stderr.rows ?? 24,
    ascii: terminal.ascii,
    color: terminal.errorColor,
  })
  let latest: Progress | null = null
  const sayStatus = () => {
    if (latest) progress.message(statusLine(latest))
  }
  const sayStopping = () =>
    progress.message("Stopping: finishing the record; press Ctrl-C again to quit now.")
  process.on("SIGUSR2", sayStatus)
  stop.addEventListener("abort", sayStopping, { once: true })
  try {
    return await gather(target, options, {
      network,
      ...memory,
      onProgress: (now) => {
        latest = now
        progress.update(now)
      },
      stop,
    })
  } finally {
    process.off("SIGUSR2", sayStatus)
    stop.removeEventListener("abort", sayStopping)
    progress.done()
  }
}
