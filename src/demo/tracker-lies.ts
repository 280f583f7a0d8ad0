/** What a tracker may lie about, as data: the demo's tracker and the lab's play the same lies. */

export type TrackerLie =
  /** All counts times this: above 1 inflated, below 1 deflated (never below one peer where there are some). */
  | { readonly kind: "scaled"; readonly factor: number }
  /** Each swarm's counts stay what they were when it first had so many peers; `downloads`: before this tracker was started. */
  | { readonly kind: "frozen"; readonly fromPeers: number; readonly downloads?: number }
  /** The same counts for every info hash. */
  | {
      readonly kind: "constant"
      readonly seeders: number
      readonly leechers: number
      readonly downloads: number
    }
  /** These addresses ("host:port") are in every list, and counted as leechers. */
  | { readonly kind: "padded"; readonly addresses: readonly string[] }
  /** The count of downloads rises by so many a second. */
  | { readonly kind: "implausible-downloads"; readonly perSecond: number }

export interface Counts {
  complete: number
  incomplete: number
  downloaded: number
}

export interface Phantom {
  ip: string
  port: number
}

/** The lies of one tracker. `frozen` remembers, so that each tracker has its own. */
export interface Liar {
  counts(infoHash: string, known: Counts): Counts
  readonly phantoms: readonly Phantom[]
}

/** In order, each told what those before it said. */
export function liarOf(lies: readonly TrackerLie[], nowMs: () => number): Liar {
  const tellers = lies.map((lie) => tellerOf(lie, nowMs))
  return {
    counts: (infoHash, known) => tellers.reduce((told, teller) => teller(infoHash, told), known),
    phantoms: lies.flatMap((lie) => (lie.kind === "padded" ? lie.addresses.map(phantomAt) : [])),
  }
}

type Teller = (infoHash: string, known: Counts) => Counts

function tellerOf(lie: TrackerLie, nowMs: () => number): Teller {
  if (lie.kind === "scaled") return (_, known) => scaled(known, lie.factor)
  if (lie.kind === "frozen") return frozenFrom(lie.fromPeers, lie.downloads ?? 0)
  if (lie.kind === "constant")
    return () => ({ complete: lie.seeders, incomplete: lie.leechers, downloaded: lie.downloads })
  if (lie.kind === "padded")
    return (_, known) => ({ ...known, incomplete: known.incomplete + lie.addresses.length })
  const sinceMs = nowMs()
  const invented = () => Math.floor((lie.perSecond * (nowMs() - sinceMs)) / 1_000)
  return (_, known) => ({ ...known, downloaded: known.downloaded + invented() })
}

function frozenFrom(peers: number, before: number): Teller {
  const kept = new Map<string, Counts>()
  return (infoHash, known) => {
    const told = { ...known, downloaded: known.downloaded + before }
    if (!kept.has(infoHash) && known.complete + known.incomplete >= peers) kept.set(infoHash, told)
    return kept.get(infoHash) ?? told
  }
}

function scaled({ complete, incomplete, downloaded }: Counts, factor: number): Counts {
  const times = (count: number) =>
    count === 0 ? 0 : Math.max(Math.round(count * factor), factor > 0 ? 1 : 0)
  return { complete: times(complete), incomplete: times(incomplete), downloaded }
}

function phantomAt(address: string): Phantom {
  const colon = address.lastIndexOf(":")
  return { ip: address.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(address.slice(colon + 1)) }
}
