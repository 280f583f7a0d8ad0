/** Whom one tracker names to each of several places, and whether those can be draws from one list. */
import type { Evidence, Tracker } from "../../evidence.ts"
import { hypergeometricAtLeast, hypergeometricAtMost } from "../statistics/fisher.ts"
import { freshAnswers, namedBy } from "../trackers/draws.ts"
import { claimedIn, inCommon } from "../trackers/readings.ts"

/** Of one audit: all that a tracker named in it, ourselves left out. */
export interface ToldList {
  named: ReadonlySet<string>
  /** The most peers that came with them; null: no counts. */
  claimed: number | null
}

/** Null: it gave no list in this audit. `trackers`: those of it with this URL. */
export function toldTo(
  { peers }: Pick<Evidence, "peers">,
  url: string,
  trackers: readonly Tracker[],
): ToldList | null {
  const answers = trackers
    .flatMap((tracker) => freshAnswers(tracker))
    .filter(({ peerCount }) => peerCount !== null)
  if (answers.length === 0) return null
  const replies = namedBy({ peers }).get(url)
  const named = new Set<string>()
  for (const { at } of answers) for (const address of replies?.get(at) ?? []) named.add(address)
  return { named, claimed: answers.map(claimedIn).reduce(larger, null) }
}

const larger = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.max(one, other)

export interface Asked<T> {
  audit: T
  /** Of that URL; two whose passkeys are masked have the same one. */
  trackers: readonly Tracker[]
}

/** In which audits each tracker was asked, in the order in which they name it first. */
export function byTracker<T>(
  audits: readonly T[],
  trackersOf: (audit: T) => readonly Tracker[],
): Map<string, Asked<T>[]> {
  const found = new Map<string, Asked<T>[]>()
  for (const audit of audits)
    for (const [url, trackers] of Map.groupBy(trackersOf(audit), (tracker) => tracker.url)) {
      const known = found.get(url)
      if (known) known.push({ audit, trackers })
      else found.set(url, [{ audit, trackers }])
    }
  return found
}

/**
 * How probable it is that two lists, drawn at random from as many peers as the larger claim says, share so few (`apart`) or so many
 * (`alike`); null without counts. Only peers of `among` are looked at for `apart`: who is made up is on nobody else's list, and no
 * sign of two swarms; claims count the others too, which makes `apart` the more cautious.
 */
export function likeness(
  one: ToldList,
  other: ToldList,
  among: (address: string) => boolean,
): { apart: number; alike: number } | null {
  const apart = apartness(realOf(one, among), realOf(other, among))
  if (apart === null || one.claimed === null || other.claimed === null) return null
  const common = inCommon(one.named, other.named)
  const all = Math.max(one.claimed, other.claimed, one.named.size + other.named.size - common)
  return {
    apart,
    alike: hypergeometricAtLeast({ all, marked: one.named.size, drawn: other.named.size }, common),
  }
}

/** A list, and of it those who are surely somebody. */
export interface RealList {
  list: ToldList
  real: ReadonlySet<string>
}

export const realOf = (list: ToldList, among: (address: string) => boolean): RealList => ({
  list,
  real: new Set([...list.named].filter(among)),
})

export function apartness(one: RealList, other: RealList): number | null {
  if (one.list.claimed === null || other.list.claimed === null) return null
  const union = one.list.named.size + other.list.named.size - inCommon(one.list.named, other.list.named)
  const all = Math.max(one.list.claimed, other.list.claimed, union)
  return hypergeometricAtMost(
    { all, marked: one.real.size, drawn: other.real.size },
    inCommon(one.real, other.real),
  )
}
