import type { Evidence, Family } from "../../evidence.ts"
import { asOther, asSuspect, contactsOf, tally } from "./contacts.ts"
import { drawsOf } from "./draws.ts"
import { binomialAtMost, fisherLess, type Tally } from "../statistics/fisher.ts"
import { groupsOf, likenessesOf, listingsOf, mirroring } from "./mirrors.ts"
import { placeOf } from "../networks.ts"
import { hostKind } from "./tracker-host.ts"

/**
 * Two honest lists may differ so much: by NAT before 75% of one swarm and 25% of another, and then by how long each keeps the
 * departed, 15 minutes or 2 hours: simulated in test/measure/trackers/phantom-simulation.test.ts.
 */
export const honestRatio = 1 / 4
/**
 * Where carrier-grade NAT is before nine of ten, an honest list yields hardly more. Nobody whose own addresses answer more often
 * is accused, however many more answer elsewhere.
 */
export const mostYield = 1 / 20
/** With fewer addresses that only one tracker gave, nothing is compared. */
export const leastTested = 20

/** The addresses of one tracker, or of several that are one service. */
export interface Source {
  urls: readonly string[]
  /** Every address that any of them gave, answers of earlier runs included. */
  named: ReadonlySet<string>
  /** What they gave in this run, by the family asked over and that of the address, if it is another (BEP 7 `peers6`). */
  fresh: ReadonlyMap<string, ReadonlySet<string>>
}

export interface Comparison {
  suspect: Source
  other: Source
  family: string
  /** Addresses that no other tracker gave. */
  only: { suspect: Tally; other: Tally }
  /** All addresses. Who keeps the departed for long has them to itself, while the living are on every list. */
  all: { suspect: Tally; other: Tally }
  /** Fisher's, of `only`. */
  fisher: number
  /** That the suspect's addresses answer at least `honestRatio` times as often as the other's: the larger one of `only` and `all`. */
  pValue: number
}

/** Every two sources in both directions, family by family, wherever both gave enough addresses that no other did. */
export function comparisonsOf(evidence: Pick<Evidence, "trackers" | "peers">): {
  sources: Source[]
  /** Of everything that each of them gave in this run. */
  yields: Tally[]
  comparisons: Comparison[]
} {
  const sources = sourcesOf(evidence)
  const contacts = contactsOf(evidence.peers)
  const givers = new Map<string, number>()
  for (const address of sources.flatMap(({ named }) => [...named]))
    givers.set(address, (givers.get(address) ?? 0) + 1)
  const lists = sources.flatMap((source) =>
    [...source.fresh].flatMap(([family, addresses]) => {
      const all = [...addresses]
      const only = all.filter((address) => givers.get(address) === 1)
      const [onlyTally, allTally] = [tally(only, contacts), tally(all, contacts)]
      return onlyTally.tested < leastTested ? [] : [{ source, family, only: onlyTally, all: allTally }]
    }),
  )
  const comparisons = lists.flatMap((suspect) =>
    lists
      .filter((other) => other.source !== suspect.source && other.family === suspect.family)
      .map((other): Comparison => {
        const only = { suspect: asSuspect(suspect.only), other: asOther(other.only) }
        const all = { suspect: asSuspect(suspect.all), other: asOther(other.all) }
        const fisher = fisherLess(only.suspect, only.other)
        const pValue = Math.max(
          fisher,
          belowHonest(only),
          fisherLess(all.suspect, all.other),
          belowHonest(all),
        )
        return {
          suspect: suspect.source,
          other: other.source,
          family: suspect.family,
          only,
          all,
          fisher,
          pValue,
        }
      }),
  )
  const yields = sources.map(({ fresh }) =>
    asOther(tally([...new Set([...fresh.values()].flatMap((addresses) => [...addresses]))], contacts)),
  )
  return { sources, yields, comparisons }
}

const belowHonest = ({ suspect, other }: Comparison["only"]): number =>
  binomialAtMost(suspect, honestRatio * (other.alive / other.tested))

function sourcesOf(evidence: Pick<Evidence, "trackers" | "peers">): Source[] {
  const listings = listingsOf(evidence)
  const draws = drawsOf(evidence)
  const mirrors = mirroring(likenessesOf(listings))
  const groups = groupsOf(
    listings.map(({ url }) => url),
    (one, other) => mirrors(one, other) || serviceOf(one) === serviceOf(other),
  )
  const families = new Map<string, Family | null>()
  const familyOf = (address: string) => {
    const known = families.get(address)
    if (known !== undefined) return known
    const { family } = placeOf(address)
    families.set(address, family)
    return family
  }
  return groups.map((group) => {
    const fresh = new Map<string, Set<string>>()
    for (const { family: asked, peers } of group.flatMap((i) => draws[i] ?? [])) {
      for (const address of peers) {
        const own = familyOf(address) ?? asked
        const family = own === asked ? own : `${own} over ${asked}`
        const known = fresh.get(family)
        if (known) known.add(address)
        else fresh.set(family, new Set([address]))
      }
    }
    return {
      urls: [...new Set(group.flatMap((i) => listings[i]?.url ?? []))],
      named: new Set(group.flatMap((i) => [...(listings[i]?.named ?? [])])),
      fresh,
    }
  })
}

/** HTTP and UDP of one host are one service; on this machine every port may be another. */
function serviceOf(url: string): string {
  const parsed = URL.parse(url.replace(/^[a-z]+:/i, "http:"))
  if (parsed === null) return url
  return (hostKind(url) === "loopback" ? parsed.host : parsed.hostname).toLowerCase()
}
