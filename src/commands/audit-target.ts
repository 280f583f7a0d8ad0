/** What audits of one command share, and the audit of one target from its checks to its evidence. */
import type { Depth, Evidence } from "../evidence.ts"
import { InputError } from "../failure.ts"
import { identityOf, RefusedMetadata, type GatherOptions, type GatherTools, type Target } from "../gather.ts"
import type { Network } from "../network.ts"
import { fileAnswers } from "../store/answers.ts"
import { fileNodes } from "../store/dht-nodes.ts"
import { cacheDirectory, stateDirectory } from "../store/state.ts"
import { announceLogFile, withAnnounceLog } from "./announce-log.ts"
import type { Context } from "./context.ts"
import { readingsIn, withEarlier } from "./earlier.ts"
import { fetchTorrent, type FetchUrl } from "./target/fetch.ts"
import { withLock } from "./lock.ts"
import { networkFor } from "./network-for.ts"
import { placesFrom } from "./places.ts"
import { withReference } from "./reference.ts"
import { gatherOptions } from "./request.ts"
import { checkSources, metadataMissing, noMetadata } from "./target.ts"

/** What differs between one audit by itself and one among many. */
export interface AuditHooks {
  gather(
    target: Target,
    options: GatherOptions,
    memory: Pick<GatherTools, "answers" | "nodes" | "openReference">,
    network: Network,
  ): Promise<Evidence>
  /** Of a run that ends in an error: nothing to judge, and yet nothing of it is lost. */
  salvage(evidence: Evidence): Promise<unknown>
  /** The evidence is whole; what should have been added to it failed. */
  deliver(evidence: Evidence): Promise<unknown>
}

/** Gathers, as often as wanted; each time under the target's lock. */
export type Audit = (hooks: AuditHooks) => Promise<Evidence>

export interface Auditing {
  readonly options: GatherOptions
  readonly fetchUrl: FetchUrl
  /** Opened when it is first needed: a proxy is asked whether it takes us. */
  readonly network: () => ReturnType<typeof networkFor>
  /** All that may be wrong with this target is found here, before anything is sent. Throws InputError. */
  prepare(target: Target): Promise<Audit>
}

/**
 * All that may be wrong with the flags is found here. Throws InputError. `elsewhereLocked`: somebody else sees to it that no target is
 * audited twice at once.
 */
export async function openAuditing(
  context: Context,
  forced: { depth?: Depth } = {},
  { elsewhereLocked = false }: { elsewhereLocked?: boolean } = {},
): Promise<Auditing> {
  const { flags, environment, stop } = context
  const options = gatherOptions(flags, forced)
  const logFile = await announceLogFile(flags)
  const placed = await placesFrom(flags)
  let opened: ReturnType<typeof networkFor> | null = null
  const network = () => (opened ??= networkFor(context, options))
  const memory = {
    answers: fileAnswers(stateDirectory(environment)),
    nodes: fileNodes(cacheDirectory(environment)),
  }
  const history = flags["no-history"] === true ? null : readingsIn(context, options.vantage)

  async function prepare(target: Target): Promise<Audit> {
    checkSources(target, options)
    const { network: through, off } = await network()
    if (options.dht && off.includes("DHT")) checkWithoutDht(target, options)
    let rounds = 0
    const gatherOnce = async (hooks: AuditHooks): Promise<Evidence> => {
      // Another choice of pieces each time, unless the user made it.
      const { seed } = rounds++ === 0 ? options : gatherOptions(flags, forced)
      const now = { ...options, seed, off }
      const evidence = await withReference(target, options.depth, context, (reference) =>
        hooks.gather(target, now, { ...memory, ...reference }, through),
      ).catch(async (error: unknown) => {
        if (error instanceof RefusedMetadata) await hooks.salvage(error.evidence)
        throw error
      })
      if (metadataMissing(evidence)) {
        await hooks.salvage(evidence)
        throw noMetadata(evidence)
      }
      const known = placed(history === null ? evidence : withEarlier(evidence, history))
      return withAnnounceLog(known, logFile, stop).catch(async (error: unknown) => {
        // Rotated away meanwhile: what was gathered is not lost for it.
        await hooks.deliver(known)
        throw error
      })
    }
    return (hooks) =>
      elsewhereLocked ? gatherOnce(hooks) : withLock(infoHashOf(target), context, () => gatherOnce(hooks))
  }

  const fetchUrl = async (url: string) =>
    fetchTorrent(url, {
      network: (await network()).network,
      families: options.families,
      refusePublic: options.pace === "lab",
      proxied: options.proxied,
      userAgent: `torrent-audit/${options.version}`,
      stop,
    })
  return { options, fetchUrl, network, prepare }
}

/** 40 hexadecimal digits, of a v2 torrent the first of its 64. */
export const infoHashOf = (target: Target): string => Buffer.from(identityOf(target).infoHash).toString("hex")

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
