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

/** Null: it gave no list in this audit. */
export function toldTo(evidence: Pick<Evidence, "trackers" | "peers">, url: string): ToldList | null {
  const answers = evidence.trackers
    .filter((tracker) => tracker.url === url)
    .flatMap((tracker) => freshAnswers(tracker))
    .filter(({ peerCount }) => peerCount !== null)
  if (answers.length === 0) return null
  const replies = namedBy({ peers: evidence.peers }).get(url)
  const claims = answers.map(claimedIn).filter((claimed) => claimed !== null)
  return {
    named: new Set(answers.flatMap(({ at }) => [...(replies?.get(at) ?? [])])),
    claimed: claims.length === 0 ? null : Math.max(...claims),
  }
}

export const urlsOf = (audits: readonly { trackers: readonly Pick<Tracker, "url">[] }[]): string[] => [
  ...new Set(audits.flatMap(({ trackers }) => trackers.map(({ url }) => url))),
]

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
  if (one.claimed === null || other.claimed === null) return null
  const union = one.named.size + other.named.size - inCommon(one.named, other.named)
  const all = Math.max(one.claimed, other.claimed, union)
  const whole = { all, marked: one.named.size, drawn: other.named.size }
  const real = [one, other].map(({ named }) => new Set([...named].filter(among)))
  const [a, b] = [real[0] ?? new Set<string>(), real[1] ?? new Set<string>()]
  return {
    apart: hypergeometricAtMost({ all, marked: a.size, drawn: b.size }, inCommon(a, b)),
    alike: hypergeometricAtLeast(whole, inCommon(one.named, other.named)),
  }
}
