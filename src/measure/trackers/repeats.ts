import type { Evidence, Tracker } from "../../evidence.ts"
import { drawsOf, lowest, type Draw } from "./draws.ts"
import { hypergeometricAtLeast } from "../statistics/fisher.ts"
import { siteOf } from "./tracker-host.ts"

/** What a tracker's replies over one family repeat of each other, each compared with the one before. */
export interface Repeats {
  family: string
  replies: number
  /** Peers in the second and all later replies. */
  peers: number
  /** How many of these the reply before had named too. */
  again: number
  /** How many that would be of random draws from the peers claimed. */
  expected: number
  /** P(that every reply repeats as much of the one before); 1 when the claim is smaller than the list. */
  pValue: number
}

export interface Showing {
  url: string
  /** The lowest count that came with the replies; null: no count fits the list. */
  claimed: number | null
  /** Distinct peers that it named, all families. */
  named: number
  /** Families with two complete replies or more. */
  repeats: readonly Repeats[]
  /** The largest of `repeats`, if they cover all families that it has; else null. */
  pValue: number | null
}

/**
 * Whether a tracker's replies are draws from all that it claims. The count is of all families, and how it divides isn't said; of k
 * families one holds a k-th or more, so every family is held against a k-th, and the largest p-value counts. Counts that may
 * include WebRTC peers, whom no list over HTTP or UDP names, fit no list.
 */
export function showingsOf(evidence: Pick<Evidence, "trackers" | "peers">): Showing[] {
  const draws = drawsOf(evidence)
  const webSites = new Set(evidence.trackers.filter(isWebSocket).map(({ url }) => siteOf(url)))
  return evidence.trackers.flatMap((tracker, i) => {
    const own = draws[i] ?? []
    return own.length === 0 ? [] : [showingOf(tracker, own, webSites.has(siteOf(tracker.url)))]
  })
}

const isWebSocket = ({ protocol }: Tracker): boolean => protocol === "ws" || protocol === "wss"

function showingOf({ url, families }: Tracker, draws: readonly Draw[], web: boolean): Showing {
  const claimed = web ? null : lowest(draws.map((draw) => draw.claimed))
  const repeats = [...Map.groupBy(draws, ({ family }) => family)].flatMap(([family, ofFamily]) =>
    claimed === null || ofFamily.length < 2 || ofFamily.some(({ complete }) => !complete)
      ? []
      : [repeatsOf(family, ofFamily, Math.floor(claimed / Math.max(1, families.length)))],
  )
  const covered = families.every((family) => repeats.some((each) => each.family === family))
  return {
    url,
    claimed,
    named: new Set(draws.flatMap(({ peers }) => [...peers])).size,
    repeats,
    pValue: covered && repeats.length > 0 ? Math.max(...repeats.map(({ pValue }) => pValue)) : null,
  }
}

/** Pairs are independent if the draws are, so that all of them are as rare as the least rare one with probability pᵗ⁻¹. */
function repeatsOf(family: string, draws: readonly Draw[], all: number): Repeats {
  const pairs = draws.slice(1).map((draw, i) => pairOf(draws[i]?.peers ?? new Set(), draw.peers))
  const seeders = lowest(draws.map((draw) => draw.seeders)) ?? 0
  const sum = (of: (pair: Pair) => number) => pairs.reduce((total, pair) => total + of(pair), 0)
  const pValue = Math.max(...pairs.map((pair) => chanceOf(pair, all, seeders))) ** pairs.length
  return {
    family,
    replies: draws.length,
    peers: sum(({ later }) => later),
    again: sum(({ again }) => again),
    expected: sum(({ earlier, later }) => Math.min(later, (earlier * later) / Math.max(1, all))),
    pValue,
  }
}

interface Pair {
  earlier: number
  later: number
  /** In both. */
  again: number
}

const pairOf = (earlier: ReadonlySet<string>, later: ReadonlySet<string>): Pair => ({
  earlier: earlier.size,
  later: later.size,
  again: [...later].filter((each) => earlier.has(each)).length,
})

/**
 * P(two replies share that many or more), at most, by any of the ways in which trackers draw: at random; a window of a fixed order
 * from a random start; and either of them for what is left after all seeders, if these fit in.
 */
function chanceOf(pair: Pair, all: number, seeders: number): number {
  const fits = seeders < Math.min(pair.earlier, pair.later)
  return Math.max(
    ...[0, fits ? seeders : 0].map((always) => {
      const [earlier, later] = [pair.earlier - always, pair.later - always]
      const [again, rest] = [pair.again - always, all - always]
      if (again <= 0 || rest < earlier + later - again) return 1
      const random = hypergeometricAtLeast({ all: rest, marked: earlier, drawn: later }, again)
      const window = Math.min(1, (earlier + later - 2 * again + 1) / rest)
      return Math.max(random, window)
    }),
  )
}
