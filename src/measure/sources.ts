import type { Estimate, Evidence } from "../evidence.ts"
import { listsOf } from "./lists.ts"
import { membershipOf } from "./members.ts"
import { chao2, chapman, coverage } from "./population.ts"

/** Who each source named, ourselves and whom we may not dial left out; the user's own peers are no source. */
function namedBySource({ peers }: Pick<Evidence, "peers">): Map<string, Set<string>> {
  const named = new Map<string, Set<string>>()
  for (const { address, outcome, sources } of peers) {
    if (outcome === "self" || outcome === "filtered" || outcome === "wrong-info-hash") continue
    for (const { kind, via } of sources) {
      if (kind === "manual") continue
      const source = kind === "tracker" ? `tracker ${via ?? ""}` : kind
      named.set(source, (named.get(source) ?? new Set()).add(address))
    }
  }
  return named
}

/** Everybody whom one names the other names too: mirrors. */
export const sameMembers = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  one.size === other.size && [...one].every((each) => other.has(each))

/** Sources that name exactly the same peers are mirrors: one source. */
export function distinctSources(evidence: Pick<Evidence, "peers">): Set<string>[] {
  const distinct: Set<string>[] = []
  for (const named of namedBySource(evidence).values()) {
    if (!distinct.some((other) => sameMembers(named, other))) distinct.push(named)
  }
  return distinct
}

/**
 * How many peers there are. One source: between those reached and the bound of its own list. Two: Chapman. More: Chao's
 * lower bound with sources as draws. Sources name the same easy peers, so with several the truth may be any higher: no upper bound.
 */
export function populationOf(evidence: Pick<Evidence, "torrent" | "trackers" | "peers">): Estimate | null {
  const sources = distinctSources(evidence)
  const [one, other] = sources
  if (!one) return null
  if (other) {
    const estimate = sources.length === 2 ? chapman(one, other) : chao2(sources)
    return estimate && { ...estimate, high: null }
  }
  const bounds = listsOf(evidence).flatMap(({ bound, named }) =>
    bound && named.size > 0 ? [bound.peers] : [],
  )
  if (bounds.length === 0) return null
  const { reached } = membershipOf(evidence)
  return {
    value: one.size,
    low: Math.min(reached.length, one.size),
    high: Math.max(one.size, ...bounds),
    n: one.size,
    confidence: 0.95,
    censored: false,
  }
}

/** Good–Turing coverage of everybody by the sources; null with fewer than two. */
export function sourceCoverage(evidence: Pick<Evidence, "peers">): number | null {
  const sources = distinctSources(evidence)
  return sources.length < 2 ? null : coverage(sources)
}
