import type { Evidence, Tracker } from "../../evidence.ts"
import { once } from "../once.ts"
import { hypergeometricAtMost } from "../statistics/fisher.ts"
import { claimOf, listsOf } from "./lists.ts"

/** Fewer peers in common than this may be the same by chance. */
export const leastInCommon = 5
/** Between two questions, peers come and go. */
const churnRatio = 0.05
const leastChurn = 2
/** Draws that share fewer peers than all but one in a hundred random pairs of one list would. */
const tooFewInCommon = 0.01

export interface Listing {
  url: string
  /** All that it named, in every reply. */
  named: ReadonlySet<string>
  seeders: number | null
  leechers: number | null
  downloads: number | null
}

export interface Likeness {
  one: Listing
  other: Listing
  common: number
  /** `no`: other peers or other counts. `unclear`: alike, but too few peers, or too few in common, to say. */
  mirrors: "yes" | "no" | "unclear"
}

/** What each tracker lists and counts, in the order of the trackers. */
export const listingsOf = once(["trackers", "peers"], readListings)

function readListings({ trackers, peers }: Pick<Evidence, "trackers" | "peers">): Listing[] {
  const named = new Map(listsOf({ trackers, peers }).map((list) => [list.url, list.named] as const))
  return trackers.map((tracker) => ({
    url: tracker.url,
    named: named.get(tracker.url) ?? new Set(),
    ...claimOf(tracker),
    downloads: downloadsOf(tracker),
  }))
}

const downloadsOf = ({ announces, scrape }: Tracker): number | null => {
  const counts = [...announces, ...(scrape ? [scrape] : [])].flatMap(({ ok, downloads }) =>
    ok && downloads !== null ? [downloads] : [],
  )
  return counts.length === 0 ? null : Math.max(...counts)
}

/** Every two trackers that named somebody. */
export function likenessesOf(listings: readonly Listing[]): Likeness[] {
  const naming = listings.filter(({ named }) => named.size > 0)
  const inCommon = commonIn(naming)
  return naming.flatMap((one, i) =>
    naming.slice(i + 1).map((other, j): Likeness => {
      const common = inCommon(i, i + 1 + j)
      return { one, other, common, mirrors: verdictOn(one, other, common) }
    }),
  )
}

/** How many any two name alike: each peer is counted for those alone that name it. */
function commonIn(listings: readonly Listing[]): (one: number, later: number) => number {
  const namers = new Map<string, number[]>()
  for (const [i, { named }] of listings.entries())
    for (const address of named) {
      const known = namers.get(address)
      if (known) known.push(i)
      else namers.set(address, [i])
    }
  const counts = new Uint32Array(listings.length ** 2)
  for (const together of namers.values())
    for (const [at, later] of together.entries())
      for (let k = 0; k < at; k++) {
        const pair = (together[k] ?? 0) * listings.length + later
        counts[pair] = (counts[pair] ?? 0) + 1
      }
  return (one, later) => counts[one * listings.length + later] ?? 0
}

/**
 * Two names of one list: equal counts, and either the same peers, or cut lists that share as many as two draws from one list of
 * that size do. Two trackers to which every client announces look the same, and their claims then count once as well.
 */
function verdictOn(one: Listing, other: Listing, common: number): Likeness["mirrors"] {
  if (!sameCounts(one, other)) return "no"
  const [a, b] = [one.named.size, other.named.size]
  const different = a + b - 2 * common
  if (different <= leastChurn + churnRatio * (a + b)) {
    return common >= leastInCommon ? "yes" : common > 0 ? "unclear" : "no"
  }
  const all = Math.max(totalOf(one) ?? 0, totalOf(other) ?? 0)
  if (all < a + b - common) return "no"
  if (hypergeometricAtMost({ all, marked: a, drawn: b }, common) < tooFewInCommon) return "no"
  // Nothing but the counts speaks for it, unless `downloads` does, which only one list counts in the same way.
  return common >= leastInCommon && one.downloads !== null && one.downloads === other.downloads
    ? "yes"
    : "unclear"
}

const totalOf = ({ seeders, leechers }: Listing): number | null =>
  seeders === null || leechers === null ? null : seeders + leechers

function sameCounts(one: Listing, other: Listing): boolean {
  if (totalOf(one) === null || totalOf(other) === null) return false
  return (["seeders", "leechers", "downloads"] as const).every((key) => {
    const [a, b] = [one[key], other[key]]
    return a === null || b === null || Math.abs(a - b) <= leastChurn + churnRatio * Math.min(a, b)
  })
}

/** Indices of the trackers that are one list, every tracker in exactly one group, in order. */
export function groupsOf(urls: readonly string[], same: (one: string, other: string) => boolean): number[][] {
  const groups: number[][] = []
  for (const [i, url] of urls.entries()) {
    const joined = groups.filter((group) => group.some((j) => same(urls[j] ?? "", url)))
    const rest = groups.filter((group) => !joined.includes(group))
    groups.splice(0, groups.length, ...rest, [...joined.flat(), i])
  }
  return groups.map((group) => group.sort((a, b) => a - b)).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))
}

/** Whether two trackers are mirrors. */
export function mirroring(likenesses: readonly Likeness[]): (one: string, other: string) => boolean {
  const pairs = new Set(
    likenesses.flatMap(({ one, other, mirrors }) => (mirrors === "yes" ? [`${one.url} ${other.url}`] : [])),
  )
  return (one, other) => one === other || pairs.has(`${one} ${other}`) || pairs.has(`${other} ${one}`)
}
