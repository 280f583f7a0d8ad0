import type { CapName, Evidence } from "../evidence.ts"
import { stages } from "../evidence.ts"
import { claimedBy, claimOf, listsOf, type Claimed, type TrackerList } from "./trackers/lists.ts"
import { membershipOf } from "./members.ts"
import { once } from "./once.ts"

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

export type Swarm = Pick<Evidence, "run" | "torrent" | "trackers" | "dht" | "peers" | "webSeeds">

/** Seeders and leechers: claimed, and what was seen of them. */
export const rolesOf = once(["run", "torrent", "trackers", "dht", "peers", "webSeeds"], countRoles)

function countRoles(evidence: Swarm): Record<Role, RoleCounts> {
  const { reached } = membershipOf(evidence)
  const claimed = claimedBy(evidence.trackers)
  const possible = possibleOf(evidence)
  const count = (role: Role): RoleCounts => {
    const members = reached.filter(({ seeder }) => seeder === (role === "seeders"))
    return {
      claimed: claimed[role],
      reached: members.length,
      served: members.filter(({ served }) => served).length,
      verified: members.filter(({ verified }) => verified).length,
      possible: possible[role],
      claim: labelOf(evidence, role, { reached: members.length, possible: possible[role] }),
    }
  }
  return { seeders: count("seeders"), leechers: count("leechers") }
}

/** As many as there may be: of this kind, or never heard, or reticent. */
const possibleOf = once(["torrent", "peers"], countPossible)

function countPossible(evidence: Pick<Swarm, "torrent" | "peers">): Record<Role, number> {
  const { reached, unknown } = membershipOf(evidence)
  const seeders = reached.filter(({ seeder }) => seeder).length
  const reticent = reached.filter((member) => member.reticent && !member.seeder).length
  return {
    seeders: seeders + reticent + unknown.length,
    leechers: reached.length - seeders + unknown.length,
  }
}

/**
 * What the evidence says about the highest claim. Supported: we reached as many. Plausible: those whom we couldn't reach may
 * be the rest. Contradicted: see `contradictions`. Untestable: more are claimed than were found, and nothing says that the
 * others don't exist.
 */
function labelOf(evidence: Swarm, role: Role, seen: { reached: number; possible: number }): ClaimLabel {
  const claimed = claimedBy(evidence.trackers)[role]
  const { depth } = evidence.run
  if (claimed === null || depth === "scrape") return "untestable"
  if (claimed <= seen.reached && depth !== "discover") return "supported"
  if (claimed <= seen.possible) return "plausible"
  const boldest = new Set(
    evidence.trackers.filter((tracker) => claimOf(tracker)[role] === claimed).map(({ url }) => url),
  )
  return contradictions(evidence).some(({ what, list }) => what === role && boldest.has(list.url))
    ? "contradicted"
    : "untestable"
}

export interface Contradiction {
  list: TrackerList
  what: Role | "peers"
  claimed: number
  bound: NonNullable<TrackerList["bound"]>
}

/**
 * Dual-stack hosts announce twice, trackers keep the departed for an interval, and one that lists only whom it can connect to counts
 * the others all the same.
 */
export const roomFor = (peers: number): number => 3 * peers + 10

/**
 * Trackers whose own lists can't hold what they claim: more than `roomFor` the upper bound, and more than everybody we
 * heard of from anywhere could be. Seeders first, then leechers, then both together.
 */
export const contradictions = once(["run", "torrent", "trackers", "peers"], findContradictions)

function findContradictions(
  evidence: Pick<Swarm, "run" | "torrent" | "trackers" | "peers">,
): Contradiction[] {
  const { reached, unknown } = membershipOf(evidence)
  const dropped = droppedPeers(evidence)
  const { seeders, leechers } = possibleOf(evidence)
  const possible = {
    seeders: seeders + dropped,
    leechers: leechers + dropped,
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

const sightingCaps: ReadonlySet<CapName> = new Set([
  "max-peers",
  "tracker-peers",
  "dht-peers",
  "pex-peers",
  "lsd-peers",
  "per-host",
])

/** Sightings that a cap of ours kept out of the record; the same peer may be among them more than once. */
export const droppedPeers = ({ run }: Pick<Evidence, "run">): number =>
  run.capsHit.filter(({ cap }) => sightingCaps.has(cap)).reduce((sum, { dropped }) => sum + dropped, 0)

/** How many peers got at least as far as each stage; we ourselves are no peer. */
export function funnelOf({ peers }: Pick<Evidence, "peers">): Record<(typeof stages)[number], number> {
  const reached = peers.filter(({ outcome }) => outcome !== "self").map(({ stage }) => stages.indexOf(stage))
  const atLeast = stages.map((stage, rank) => [stage, reached.filter((each) => each >= rank).length] as const)
  return Object.fromEntries(atLeast) as Record<(typeof stages)[number], number>
}
