import { contactsPeers } from "../evidence/words.ts"
import { claimOf } from "./trackers/lists.ts"
import { membershipOf } from "./members.ts"
import { once } from "./once.ts"
import { contradictions, droppedPeers, type Swarm } from "./roles.ts"
import { openTrackers } from "./trackers/tracker-state.ts"
import { webSeedDoubts } from "./web-seeds.ts"
import { counted } from "./wording.ts"

export interface Reach {
  reached: number
  /** Everybody who may be in the swarm, as far as we heard. */
  heard: number
  /** Null when nobody was heard of, or nobody was to be contacted. */
  ratio: number | null
  /** Enough for an absence to mean something. */
  suffices: boolean
  /** Why it doesn't, apart from too few having been reached. */
  doubts: readonly string[]
  /** An uncontradicted tracker claims more than we heard of. */
  largerClaim: boolean
  /** Reached, and may hold more than they show. */
  reticent: number
}

const enoughReach = 0.8

/**
 * The share of the swarm that told us what it holds. It suffices from 80% on, those counted whom a cap of ours kept out;
 * unless the run was stopped early, there are web seeds that were not asked or gave no clear answer, a reached peer may hold
 * more than it shows, a tracker that may work named nobody to us, or one that its own list doesn't contradict claims more than
 * we heard of.
 */
export const reachOf = once(["run", "torrent", "trackers", "dht", "peers", "webSeeds"], measureReach)

function measureReach(evidence: Swarm): Reach {
  const { run } = evidence
  const { reached, unknown } = membershipOf(evidence)
  const found = reached.length + unknown.length
  const heard = found + droppedPeers(evidence)
  const contacted = contactsPeers(run.depth)
  const larger = largerClaim(evidence)
  const seeds = webSeedDoubts(evidence)
  const reticent = reached.filter((member) => member.reticent).length
  const [open, ...others] = openTrackers(evidence)
  const stopped = run.stopReason === "interrupted" || run.stopReason === "terminated"
  const doubts = [
    ...(stopped ? ["the run was stopped"] : []),
    ...(seeds.unasked > 0 ? ["web seeds were not asked"] : []),
    ...(seeds.open > 0 ? [`${counted(seeds.open, "web seed")} could not be tested`] : []),
    ...(reticent > 0
      ? [`${counted(reticent, "peer")} may be super-seeding, or only upload, and hold more than shown`]
      : []),
    ...(open === undefined
      ? []
      : [
          `${open}${others.length > 0 ? ` and ${counted(others.length, "other tracker")}` : ""} may list more`,
        ]),
    ...(larger ? ["a tracker claims more than were found"] : []),
  ]
  return {
    reached: reached.length,
    heard,
    ratio: contacted && found > 0 ? reached.length / found : null,
    suffices: contacted && doubts.length === 0 && found > 0 && reached.length >= enoughReach * heard,
    doubts,
    largerClaim: larger,
    reticent,
  }
}

/** Without slack: whoever is claimed and wasn't found may hold what is missing. A peer of two addresses may be counted twice. */
function largerClaim(evidence: Swarm): boolean {
  const { reached, unknown } = membershipOf(evidence)
  const addresses = (peers: readonly { alsoAt: readonly string[] }[]) =>
    peers.reduce((sum, { alsoAt }) => sum + 1 + alsoAt.length, 0)
  const outside = addresses(unknown) + droppedPeers(evidence)
  const all = outside + addresses(reached.map(({ peer }) => peer))
  const seeding = reached.filter(({ seeder, reticent }) => seeder || reticent)
  const seeders = outside + addresses(seeding.map(({ peer }) => peer))
  const lying = new Set(contradictions(evidence).map(({ list }) => list.url))
  return evidence.trackers.some((tracker) => {
    const claim = claimOf(tracker)
    const [complete, incomplete] = [claim.seeders ?? 0, claim.leechers ?? 0]
    return !lying.has(tracker.url) && (complete > seeders || complete + incomplete > all)
  })
}
