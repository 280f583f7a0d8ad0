/** `torrent-audit <target>`, `scrape` and `peers`: the main job. */
import type { Depth, Evidence } from "../evidence.ts"
import { InputError } from "../failure.ts"
import { identityOf, RefusedMetadata, type GatherOptions, type Target } from "../gather.ts"
import { fileAnswers } from "../store/answers.ts"
import { checkWritable } from "../store/snapshot-file.ts"
import { fileNodes } from "../store/dht-nodes.ts"
import { cacheDirectory, stateDirectory } from "../store/state.ts"
import { confirmed } from "./alerts.ts"
import { announceLogFile, withAnnounceLog } from "./announce-log.ts"
import type { Command, Context } from "./context.ts"
import { deliver, exitStatus, saveOnly } from "./deliver.ts"
import { readingsIn, withEarlier } from "./earlier.ts"
import { withLock } from "./lock.ts"
import { auditMany, isMany } from "./many.ts"
import { networkFor } from "./network-for.ts"
import { placesFrom } from "./places.ts"
import { withReference } from "./reference.ts"
import { gatherOptions, outputOptions, type OutputOptions } from "./request.ts"
import { gatherShown } from "./shown.ts"
import { checkSources, metadataMissing, noMetadata, readAuditTarget } from "./target.ts"

export const auditAt =
  (depth?: Depth): Command =>
  async (context) => {
    refuseRounds(context)
    const forced = depth ? { depth } : {}
    if (await isMany(context)) return auditMany(context, forced)
    const audit = await prepareAudit(context, forced)
    const output = outputOptions(context.flags)
    const evidence = await confirmed(() => audit(output), context)
    return exitStatus(await deliver(evidence, output, context), output.failOn)
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

/** All that may be wrong with the command line is found here, before anything is gathered; the result gathers, as often as wanted. */
export async function prepareAudit(
  context: Context,
  forced: { depth?: Depth } = {},
): Promise<(output: OutputOptions) => Promise<Evidence>> {
  const options = gatherOptions(context.flags, forced)
  const [target, ...more] = context.targets
  if (target === undefined)
    throw new InputError("usage", "no target given", "torrent-audit file.torrent, or torrent-audit --help")
  if (more.length > 0)
    throw new InputError("usage", `${context.targets.length} targets given`, "Audit them one at a time.")
  for (const file of outputOptions(context.flags).files) await checkWritable(file)
  const logFile = await announceLogFile(context.flags)
  const placed = await placesFrom(context.flags)
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
  const gatherOnce = async (output: OutputOptions): Promise<Evidence> => {
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
    const known = placed(history === null ? evidence : withEarlier(evidence, history))
    return withAnnounceLog(known, logFile, context.stop).catch(async (error: unknown) => {
      // Rotated away meanwhile: what was gathered is not lost for it.
      await deliver(known, output, context)
      throw error
    })
  }
  const infoHash = Buffer.from(identityOf(asked).infoHash).toString("hex")
  return (output) => withLock(infoHash, context, () => gatherOnce(output))
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
