/** The swarm in numbers: by each place, and by all of them. */
import { holdingsOf } from "../measure/holdings.ts"
import { reachOf } from "../measure/reach.ts"
import { rolesOf } from "../measure/roles.ts"
import { claimedBy } from "../measure/trackers/lists.ts"
import type { Individual } from "../measure/vantages/individuals.ts"
import type { Reachable, Reached } from "../measure/vantages/population.ts"
import type { Merged, MergedVantage } from "../report/merged.ts"
import { heardOf, type JudgedPlace } from "./places.ts"

/** `reached`: of all places; null: peers can't be matched. */
export function vantageOf(
  { label, offline, evidence, report }: JudgedPlace,
  place: number,
  reached: readonly Reached[] | null,
): Omit<MergedVantage, "rounds"> {
  const { seeders, leechers } = rolesOf(evidence)
  const role = (of: typeof seeders) => ({
    claimed: of.claimed,
    reached: of.reached,
    served: of.served,
    verified: of.verified,
  })
  const { heard, ratio } = reachOf(evidence)
  return {
    label,
    offline,
    verdict: report.verdict,
    swarm: {
      seeders: role(seeders),
      leechers: role(leechers),
      heard,
      reachRatio: ratio,
      onlyHere: reached && reached.filter(({ metBy }) => metBy.size === 1 && metBy.has(place)).length,
    },
  }
}

/** `because`: why peers of several places can't be told together; null: they can. */
export function swarmOf(
  places: readonly JudgedPlace[],
  individuals: readonly Individual[],
  { reached, population, seeders, leechers, because: why }: Reachable,
  { unmatched, far }: { unmatched: string | null; far: string | null },
): Merged["swarm"] {
  const claimed = claimedBy(places.flatMap(({ evidence }) => evidence.trackers))
  const because = unmatched ?? far ?? why
  const matched = unmatched === null
  const role = (is: boolean, of: "seeders" | "leechers", estimate: Reachable["population"]) => {
    const own = reached.filter(({ seeder }) => seeder === is)
    const counted = (which: (each: Reached) => boolean) => (matched ? own.filter(which).length : null)
    return {
      claimed: claimed[of],
      reached: counted(() => true),
      served: counted(({ served }) => served),
      verified: counted(({ verified }) => verified),
      estimate: because === null ? estimate : null,
    }
  }
  const met = new Set(reached.map(({ individual }) => individual))
  const silent = individuals.filter(
    (individual) => !met.has(individual) && individual.seen.some(({ peer }) => mayBeThere(peer.outcome)),
  ).length
  const found = reached.length + silent
  return {
    seeders: role(true, "seeders", seeders),
    leechers: role(false, "leechers", leechers),
    found: matched ? found : null,
    reached: matched ? reached.length : null,
    reachRatio: matched && found > 0 ? reached.length / found : null,
    population: because === null ? population : null,
    because,
    missingPieces: missingEverywhere(heardOf(places)),
  }
}

const mayBeThere = (outcome: string): boolean => outcome !== "filtered" && outcome !== "wrong-info-hash"

/** Pieces that nobody holds whom any of these places reached; null: nobody was reached. */
function missingEverywhere(places: readonly JudgedPlace[]): number[] | null {
  const missing = places.flatMap(({ evidence }) => {
    const holdings = holdingsOf(evidence)
    return holdings && evidence.torrent.pieceCount > 0 ? [new Set(holdings.missingPieces)] : []
  })
  const [first, ...others] = missing
  return first ? [...first].filter((piece) => others.every((other) => other.has(piece))) : null
}
