/** What the user's limits are held against: each metric as it was measured, and what those whom we couldn't ask would allow. */
import type { Metric } from "../evidence.ts"
import { contentionOf } from "./contention.ts"
import { contactsPeers } from "../evidence/words.ts"
import { nobodyListed } from "./downloadable.ts"
import { fullCopyMs } from "./full-copy.ts"
import { holdingsOf } from "./holdings.ts"
import { membershipOf } from "./members.ts"
import { medianGoodput } from "./rates.ts"
import { reachOf } from "./reach.ts"
import { rolesOf, type Swarm } from "./roles.ts"
import { openTrackers, trackerStates } from "./trackers/tracker-state.ts"
import { wholeWebSeeds } from "./web-seeds.ts"

export interface Measured {
  /** Null: not known. */
  value: number | null
  /** The truth may be anywhere from here … */
  low: number
  /** … to here; Infinity: nobody knows how many more there are. */
  high: number
  basis: "reached" | "claimed" | "measured"
}

const KiB = 1024

/** Of the unit that `metrics` gives. */
export function measuredOf(metric: Metric, evidence: Swarm): Measured {
  const { stopReason, depth } = evidence.run
  const stopped = stopReason === "interrupted" || stopReason === "terminated"
  const found = { ...readers[metric](evidence, contactsPeers(depth)) }
  // Whoever was still to be asked may have told anything.
  return stopped ? { ...found, ...openEnded(metric, found) } : found
}

function openEnded(metric: Metric, { value }: Measured): Pick<Measured, "low" | "high"> {
  if (metric === "missing-pieces") return { low: 0, high: value ?? Infinity }
  if (metric === "reach") return { low: 0, high: 100 }
  const grows = metric === "seeders" || metric === "leechers" || metric === "copies"
  return { low: grows ? (value ?? 0) : 0, high: Infinity }
}

const nothing: Measured = { value: null, low: 0, high: Infinity, basis: "measured" }

const exactly = (value: number, basis: Measured["basis"] = "measured"): Measured => ({
  value,
  low: value,
  high: value,
  basis,
})

const readers: Record<Metric, (evidence: Swarm, contacted: boolean) => Measured> = {
  seeders: (evidence, contacted) => roleIn(evidence, "seeders", contacted),
  leechers: (evidence, contacted) => roleIn(evidence, "leechers", contacted),

  copies(evidence, contacted) {
    if (!contacted) return nothing
    const value = holdingsOf(evidence)?.distributedCopies ?? 0
    const { reticent } = reachOf(evidence)
    // Each of those unreached, or reticent, may hold everything.
    const most = value + membershipOf(evidence).unknown.length + keptOut(evidence) + reticent
    return { value, low: value, high: unheard(evidence) ? Infinity : most, basis: "reached" }
  },

  reach(evidence) {
    const { ratio } = reachOf(evidence)
    return ratio === null ? nothing : exactly(ratio * 100, "reached")
  },

  "missing-pieces"(evidence, contacted) {
    if (!contacted) return nothing
    if (wholeWebSeeds(evidence).length > 0) return exactly(0)
    const value = holdingsOf(evidence)?.missingPieces.length ?? evidence.torrent.pieceCount
    return { value, low: reachOf(evidence).suffices ? value : 0, high: value, basis: "measured" }
  },

  rate(evidence) {
    const rate = medianGoodput(membershipOf(evidence).reached.map(({ peer }) => peer))
    if (rate === null) return nothing
    return {
      value: rate.value / KiB,
      low: rate.low / KiB,
      high: rate.high === null ? Infinity : rate.high / KiB,
      basis: "measured",
    }
  },

  "full-copy"(evidence) {
    const contention = contentionOf(evidence)
    const ms = fullCopyMs(evidence, { groups: contention.uplinks, ceiling: contention.ceiling })
    if (ms === null) return nothing
    return {
      value: ms.value / 1_000,
      low: ms.low / 1_000,
      high: ms.high === null ? Infinity : ms.high / 1_000,
      basis: "measured",
    }
  },

  "dead-trackers"(evidence) {
    const states = trackerStates(evidence).filter(({ state }) => state !== "unasked")
    if (states.length === 0 && evidence.trackers.length > 0) return nothing
    const dead = states.filter(({ state }) => state === "dead").length
    const doubtful = states.filter(({ state }) => state === "doubtful").length
    return { value: dead, low: dead, high: dead + doubtful, basis: "measured" }
  },
}

function roleIn(evidence: Swarm, role: "seeders" | "leechers", contacted: boolean): Measured {
  const { reached, possible, claimed } = rolesOf(evidence)[role]
  if (contacted) {
    const most = unheard(evidence) ? Infinity : possible + keptOut(evidence)
    return { value: reached, low: reached, high: most, basis: "reached" }
  }
  return claimed === null ? { ...nothing, basis: "claimed" } : exactly(claimed, "claimed")
}

/** By a cap of ours. */
function keptOut(evidence: Swarm): number {
  const { heard, reached } = reachOf(evidence)
  return heard - reached - membershipOf(evidence).unknown.length
}

/** There may be peers of whom nobody told us. */
function unheard(evidence: Swarm): boolean {
  const { heard, largerClaim } = reachOf(evidence)
  return largerClaim || openTrackers(evidence).length > 0 || (heard === 0 && !nobodyListed(evidence))
}
