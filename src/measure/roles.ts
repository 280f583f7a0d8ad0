import type { Evidence, Tracker } from "../evidence.ts"
import { stages } from "../evidence.ts"
import { claimedBy, claimOf, listsOf, type Claimed, type TrackerList } from "./lists.ts"
import { membershipOf, type Member } from "./members.ts"

export type Role = keyof Claimed
export type ClaimLabel = "supported" | "plausible" | "contradicted" | "untestable"

export interface RoleCounts {
  claimed: number | null
  reached: number
  served: number
  verified: number
  possible: number
  claim: ClaimLabel
}

export type Swarm = Pick<Evidence, "run" | "torrent" | "trackers" | "peers" | "webSeeds">

/** Seeders and leechers: claimed, and what was seen of them. */
export function rolesOf(evidence: Swarm): Record<Role, RoleCounts> {
  const { reached, unknown } = membershipOf(evidence)
  const claimed = claimedBy(evidence.trackers)
  const count = (role: Role): RoleCounts => {
    const members = reached.filter(({ seeder }) => seeder === (role === "seeders"))
    return {
      claimed: claimed[role],
      reached: members.length,
      served: members.filter(({ served }) => served).length,
      verified: members.filter(({ verified }) => verified).length,
      possible: members.length + unknown.length,
      claim: labelOf(evidence, role, members),
    }
  }
  return { seeders: count("seeders"), leechers: count("leechers") }
}

/**
 * What the evidence says about the highest claim. Supported: we reached as many. Plausible: those whom we couldn't reach may
 * be the rest, or a tracker's lists leave room. Contradicted: see `contradictions`. Untestable: nothing to compare with.
 */
function labelOf(evidence: Swarm, role: Role, reached: readonly Member[]): ClaimLabel {
  const claimed = claimedBy(evidence.trackers)[role]
  const { depth } = evidence.run
  if (claimed === null || depth === "scrape") return "untestable"
  if (claimed <= reached.length && depth !== "discover") return "supported"
  if (claimed <= reached.length + membershipOf(evidence).unknown.length) return "plausible"
  const boldest = new Set(
    evidence.trackers.filter((tracker) => claimOf(tracker)[role] === claimed).map(({ url }) => url),
  )
  const contradicted = contradictions(evidence).some(
    ({ what, list }) => what === role && boldest.has(list.url),
  )
  if (contradicted) return "contradicted"
  return listsOf(evidence).some(({ url, bound }) => boldest.has(url) && bound !== null)
    ? "plausible"
    : "untestable"
}

export interface Contradiction {
  list: TrackerList
  what: Role | "peers"
  claimed: number
  bound: NonNullable<TrackerList["bound"]>
}

/** Dual-stack hosts announce twice, and trackers keep the departed for an interval. */
export const roomFor = (peers: number): number => 2 * peers + 10

/**
 * Trackers whose own lists can't hold what they claim: more than twice the upper bound plus 10, and more than everybody we
 * heard of from anywhere could be. Seeders first, then leechers, then both together.
 */
export function contradictions(evidence: Swarm): Contradiction[] {
  const { reached, unknown } = membershipOf(evidence)
  const dropped = droppedPeers(evidence)
  const seeders = reached.filter(({ seeder }) => seeder).length
  const possible = {
    seeders: seeders + unknown.length + dropped,
    leechers: reached.length - seeders + unknown.length + dropped,
    peers: reached.length + unknown.length + dropped,
  }
  return listsOf(evidence).flatMap((list) => {
    const { bound, claim } = list
    if (bound === null) return []
    const claims = [
      { what: "seeders" as const, claimed: claim.seeders },
      { what: "leechers" as const, claimed: claim.leechers },
      {
        what: "peers" as const,
        claimed: claim.seeders === null || claim.leechers === null ? null : claim.seeders + claim.leechers,
      },
    ]
    return claims.flatMap(({ what, claimed }) =>
      claimed !== null && claimed > roomFor(bound.peers) && claimed > possible[what]
        ? [{ list, what, claimed, bound }]
        : [],
    )
  })
}

/** Sightings that a cap of ours kept out of the record; the same peer may be among them more than once. */
const droppedPeers = ({ run }: Pick<Evidence, "run">): number =>
  run.capsHit
    .filter(({ cap }) => cap === "max-peers" || cap === "tracker-peers")
    .reduce((sum, { dropped }) => sum + dropped, 0)

export interface Reach {
  reached: number
  /** Everybody who may be in the swarm, as far as we heard. */
  heard: number
  /** Null when nobody was heard of, or nobody was to be contacted. */
  ratio: number | null
  /** Enough for an absence to mean something. */
  suffices: boolean
  /** An uncontradicted tracker claims a much larger swarm than we heard of. */
  largerClaim: boolean
}

const enoughReach = 0.8

/**
 * The share of the swarm that told us what it holds. It suffices from 80% on, those counted whom a cap of ours kept out;
 * unless the run was stopped early, there are web seeds (which nobody asked), or a tracker that its own list doesn't
 * contradict claims a much larger swarm than we heard of.
 */
export function reachOf(evidence: Swarm): Reach {
  const { run, trackers, webSeeds } = evidence
  const { reached, unknown } = membershipOf(evidence)
  const found = reached.length + unknown.length
  const heard = found + droppedPeers(evidence)
  const contacted = run.depth !== "scrape" && run.depth !== "discover"
  const larger = largerClaim(evidence, trackers, heard)
  const stopped = run.stopReason === "interrupted" || run.stopReason === "terminated"
  return {
    reached: reached.length,
    heard,
    ratio: contacted && found > 0 ? reached.length / found : null,
    suffices:
      contacted &&
      !stopped &&
      !larger &&
      webSeeds.length === 0 &&
      found > 0 &&
      reached.length >= enoughReach * heard,
    largerClaim: larger,
  }
}

function largerClaim(evidence: Swarm, trackers: readonly Tracker[], heard: number): boolean {
  const lying = new Set(contradictions(evidence).map(({ list }) => list.url))
  return trackers.some((tracker) => {
    const { seeders, leechers } = claimOf(tracker)
    return !lying.has(tracker.url) && (seeders ?? 0) + (leechers ?? 0) > roomFor(heard)
  })
}

/** How many peers got at least as far as each stage; we ourselves are no peer. */
export function funnelOf({ peers }: Pick<Evidence, "peers">): Record<(typeof stages)[number], number> {
  const reached = peers.filter(({ outcome }) => outcome !== "self").map(({ stage }) => stages.indexOf(stage))
  const atLeast = stages.map((stage, rank) => [stage, reached.filter((each) => each >= rank).length] as const)
  return Object.fromEntries(atLeast) as Record<(typeof stages)[number], number>
}
