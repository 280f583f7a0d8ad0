/** How many peers can be reached from several places together. */
import type { Estimate, Evidence, Family, Peer } from "../../evidence.ts"
import { membershipOf } from "../members.ts"
import { placeOf } from "../networks.ts"
import { droppedPeers } from "../roles.ts"
import { siteOf } from "../trackers/tracker-host.ts"
import { addressesOf, individualsOf, metAnywhere, type Individual } from "./individuals.ts"
import { byTracker, likeness, toldTo } from "./lists.ts"
import { acrossPlaces, mostOccasions, type Cell } from "./recaptures.ts"

/** Some place reached it. */
export interface Reached {
  individual: Individual
  /** By the latest word that any place has of it. */
  seeder: boolean
  served: boolean
  verified: boolean
  /** Of the audits, which tried it because somebody named it, and which of these reached it. */
  sighted: ReadonlySet<number>
  reachedBy: ReadonlySet<number>
  /** Those that the user's own `--peer` led there, too. */
  metBy: ReadonlySet<number>
  /** It has an address of a family that every place has. */
  common: boolean
  /** Trackers' sites that named it, and whether anybody else did. */
  sites: ReadonlySet<string>
  otherwise: boolean
}

export interface Reachable {
  reached: readonly Reached[]
  population: Estimate | null
  seeders: Estimate | null
  leechers: Estimate | null
  /** Why there is no estimate of the population. */
  because: string | null
}

type Audit = Pick<Evidence, "run" | "torrent" | "trackers" | "peers">

/**
 * Everybody whom one of these audits reached, and how many can be reached in all: see `acrossPlaces`. Places are the occasions, and
 * whatever sources each of them has (the user's own `--peer` left out); one that reached nobody is none. Peers of a family that
 * not every place has are counted as they were found. An upper end is known only where one tracker named everybody, at random:
 * whoever is in the DHT or tells by PEX finds the same easy peers from everywhere. Null, with the reason, where the places were
 * told of different parts of the swarm.
 */
export function reachableFrom(
  audits: readonly Audit[],
  individuals: readonly Individual[] = individualsOf(audits),
): Reachable {
  const reached = reachedIn(audits, individuals)
  const occasions = audits.flatMap((_, place) =>
    reached.some(({ reachedBy }) => reachedBy.has(place)) ? [place] : [],
  )
  const none = { reached, population: null, seeders: null, leechers: null }
  if (occasions.length < 2) return { ...none, because: "fewer than two places reached anybody" }
  const lists = pairsOf(occasions.flatMap((place) => audits[place] ?? []))
  if (lists.some(({ apart }) => apart < tooFarApart / lists.length))
    return { ...none, because: "a tracker names other peers to each place than draws from one list would" }
  const of = (role: (each: Reached) => boolean): Estimate | null => {
    const some = reached.filter(role)
    const drawn = some.filter(({ common, reachedBy }) => common && reachedBy.size > 0)
    const estimate = acrossPlaces(cellsOf(drawn, occasions), Math.min(occasions.length, mostOccasions))
    if (!estimate) return null
    const besides = some.length - drawn.length
    const bounded = besides === 0 && areRandom(drawn, lists)
    return {
      ...estimate,
      value: estimate.value + besides,
      low: estimate.low + besides,
      high: bounded ? estimate.high : null,
      n: some.length,
      censored: audits.some((audit) => droppedPeers(audit) > 0),
    }
  }
  const population = of(() => true)
  return {
    reached,
    population,
    seeders: of(({ seeder }) => seeder),
    leechers: of(({ seeder }) => !seeder),
    because: population === null ? "the places have hardly anybody in common" : null,
  }
}

/** Of all pairs of lists that one tracker gives two places (Bonferroni). */
const tooFarApart = 0.001
const tooMuchAlike = 0.01

interface Pair {
  apart: number
  alike: number
}

/** What every tracker named to every two places. */
function pairsOf(audits: readonly Audit[]): (Pair | { apart: 1; alike: null })[] {
  const isMet = metAnywhere(audits)
  return [...byTracker(audits, ({ trackers }) => trackers)].flatMap(([url, asked]) => {
    const lists = asked.flatMap(({ audit, trackers }) => toldTo(audit, url, trackers) ?? [])
    return lists.flatMap((one, i) =>
      lists.slice(i + 1).map((other) => likeness(one, other, isMet) ?? { apart: 1 as const, alike: null }),
    )
  })
}

/** One tracker named all of them, and its lists differ as draws do: a fixed order or a cache would name the same to everybody. */
function areRandom(drawn: readonly Reached[], lists: readonly { alike: number | null }[]): boolean {
  const sites = new Set(drawn.flatMap((each) => [...each.sites]))
  return (
    sites.size === 1 &&
    drawn.every(({ otherwise }) => !otherwise) &&
    lists.length > 0 &&
    lists.every(({ alike }) => alike !== null && alike >= tooMuchAlike)
  )
}

function reachedIn(audits: readonly Audit[], individuals: readonly Individual[]): Reached[] {
  const members = audits.map(
    ({ peers, torrent }) =>
      new Map(membershipOf({ peers, torrent }).reached.map((member) => [member.peer, member] as const)),
  )
  const common = commonFamilies(audits)
  return individuals.flatMap((individual) => {
    const { seen } = individual
    const own = seen.flatMap(({ place, peer }) => {
      const member = members[place]?.get(peer)
      return member ? [{ place, member, lastMs: lastMs(peer) }] : []
    })
    const latest = own.reduce<(typeof own)[number] | null>(
      (last, each) => (last === null || each.lastMs > last.lastMs ? each : last),
      null,
    )
    if (latest === null) return []
    const sources = seen.flatMap(({ peer }) => peer.sources).filter(({ kind }) => kind !== "manual")
    const sighted = new Set(seen.filter(({ peer }) => isDrawn(peer)).map(({ place }) => place))
    return [
      {
        individual,
        seeder: latest.member.seeder,
        served: own.some(({ member }) => member.served),
        verified: own.some(({ member }) => member.verified),
        sighted,
        reachedBy: new Set(own.map(({ place }) => place).filter((place) => sighted.has(place))),
        metBy: new Set(own.map(({ place }) => place)),
        common: seen.some(({ peer }) => addressesOf(peer).some(common)),
        sites: new Set(
          sources.flatMap(({ kind, via }) => (kind === "tracker" && via !== null ? [siteOf(via)] : [])),
        ),
        otherwise: sources.some(({ kind }) => kind !== "tracker"),
      },
    ]
  })
}

const lastMs = ({ attempts }: Peer): number =>
  attempts.reduce((last, { at, ok }) => (ok ? Math.max(last, Date.parse(at)) : last), 0)

/** Whom nobody dialled may be anybody: only one that was tried can be found not to answer. */
const isDrawn = ({ sources, stage }: Peer): boolean =>
  stage !== "sighted" && sources.some(({ kind }) => kind !== "manual")

/** Whether an address is of a family that all places have; where redaction took the family, all must have the same. */
function commonFamilies(audits: readonly Audit[]): (address: string) => boolean {
  const has = (family: Family) => audits.map(({ run }) => run.vantage[family])
  const [four, six] = [has("ipv4"), has("ipv6")]
  const alike = [four, six].every((all) => new Set(all).size === 1)
  const common = { ipv4: four.every(Boolean), ipv6: six.every(Boolean) }
  return (address) => {
    const { family } = placeOf(address)
    return family === null ? alike : common[family]
  }
}

/** More occasions than fit are put together, which makes no difference to what they saw. */
function cellsOf(drawn: readonly Reached[], occasions: readonly number[]): Cell[] {
  const bitOf = new Map(occasions.map((place, i) => [place, 1 << (i % mostOccasions)] as const))
  const bits = (places: ReadonlySet<number>): number =>
    [...places].reduce((all, place) => all | (bitOf.get(place) ?? 0), 0)
  const cells = new Map<string, Cell>()
  for (const one of drawn) {
    const [sighted, reached] = [bits(one.sighted), bits(one.reachedBy)]
    const key = `${sighted} ${reached}`
    const known = cells.get(key)
    if (known) known.count++
    else if (reached !== 0) cells.set(key, { sighted, reached, count: 1 })
  }
  return [...cells.values()]
}
