/** Words → the torrents to audit, each once; whatever can't be audited stands beside them with the reason. */
import { InputError } from "../../failure.ts"
import { identityOf, type GatherOptions, type Target } from "../../gather.ts"
import { limits } from "../../limits.ts"
import { infoHashOf } from "../audit-target.ts"
import type { Context } from "../context.ts"
import { looksLikeUrl, type FetchUrl } from "../target/fetch.ts"
import { checkSources, nameOf, readAuditTarget } from "../target.ts"
import { namedBy, type Named } from "./words.ts"

export interface Known {
  /** As the user, a directory or a list named it; a URL without what may be an account. */
  readonly label: string
  readonly name: string
  readonly infoHash: string
  /** Its trackers' hosts, each once. */
  readonly trackerHosts: readonly string[]
  /** From its file again, so that torrents which wait for their turn take no memory. */
  readonly load: () => Promise<Target>
}

export interface Failed {
  readonly label: string
  readonly error: InputError
}

export interface Resolved {
  /** In the order named. */
  readonly known: readonly Known[]
  readonly failed: readonly Failed[]
  /** Named more than once, by whatever words. */
  readonly repeated: number
}

/** What was read or fetched once is kept for later rounds: standard input can't be read again, and no site need be asked again. */
export interface Memory {
  readonly held: Map<string, Target>
  bytes: number
}

export const newMemory = (): Memory => ({ held: new Map(), bytes: 0 })

export async function resolveTargets(
  { targets, stdin, stop }: Pick<Context, "targets" | "stdin" | "stop">,
  options: GatherOptions,
  fetchUrl: FetchUrl,
  memory: Memory,
): Promise<Resolved> {
  const named = await namedBy(targets)
  const found = new Map<string, Known>()
  const failed: Failed[] = []
  let repeated = 0

  async function read(target: string): Promise<Target> {
    const held = memory.held.get(target)
    if (held) return held
    const read = await readAuditTarget(target, stdin, fetchUrl)
    if (target !== "-" && !looksLikeUrl(target)) return read
    memory.bytes += heldBytes(read)
    if (memory.bytes > limits.many.maxHeldBytes)
      throw new InputError(
        "too-large",
        "too many large torrents by URL",
        "Download them yourself, pass the files.",
      )
    memory.held.set(target, read)
    return read
  }

  async function resolve({ target, error }: Named): Promise<Known | Failed> {
    const label = nameOf(target)
    try {
      if (error !== null) throw error
      const asked = await read(target)
      checkSources(asked, options)
      return { ...known(asked, options), label, load: () => read(target) }
    } catch (thrown) {
      if (thrown instanceof InputError) return { label, error: thrown }
      throw thrown
    }
  }

  for (const each of await inTurn(named, limits.many.fetches, resolve, stop)) {
    if ("error" in each) failed.push(each)
    else if (found.has(each.infoHash)) repeated++
    else found.set(each.infoHash, each)
  }
  return { known: [...found.values()], failed, repeated }
}

function known(target: Target, options: GatherOptions): Pick<Known, "name" | "infoHash" | "trackerHosts"> {
  const infoHash = infoHashOf(target)
  const name = "metainfo" in target ? target.metainfo.torrent.name : target.magnet.name
  return { name: name ?? infoHash, infoHash, trackerHosts: trackerHostsOf(identityOf(target), options) }
}

/** Each once. */
export function trackerHostsOf(
  { tiers }: Pick<ReturnType<typeof identityOf>, "tiers">,
  { trackers }: Pick<GatherOptions, "trackers">,
): string[] {
  const urls = [...tiers.flat(), ...trackers]
  return [...new Set(urls.flatMap((url) => URL.parse(url.replace(/^udp:/i, "http:"))?.hostname ?? []))]
}

/** Roughly: what grows with the torrent. */
function heldBytes(target: Target): number {
  if ("magnet" in target) return 1_024
  const { pieceHashes, torrent } = target.metainfo
  return pieceHashes.length + 64 * torrent.pieceCount + 400 * torrent.files.length + 16_384
}

/** Results in the order of the items, whichever was first. Throws InputError with the signal's reason when it is aborted. */
async function inTurn<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
  stop: AbortSignal,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      if (stop.aborted)
        throw new InputError(
          String(stop.reason),
          "stopped before the first audit began",
          "Nothing was sent to any swarm.",
        )
      const at = next++
      const item = items[at]
      if (item !== undefined) results[at] = await work(item)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane))
  return results
}
