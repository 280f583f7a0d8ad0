import { takesPieces } from "./depth.ts"
import { countedByDht } from "./dht/use.ts"
import { holdingsOf } from "./holdings.ts"
import { membershipOf } from "./members.ts"
import { offline } from "./offline.ts"
import { reachOf } from "./reach.ts"
import type { Swarm } from "./roles.ts"
import { unservedPieces } from "./sampled.ts"
import { verifiedByWebSeeds, wholeWebSeeds } from "./web-seeds.ts"
import { andWhy, counted, percent, ranges } from "./wording.ts"

export interface Answer {
  answer: "yes" | "no" | "unknown" | "untested"
  because: string
}

/** Every source lists nobody, but for dead ones, and nothing suggests that there is anybody. */
export function nobodyListed(evidence: Swarm): boolean {
  const { run, trackers, dht, peers } = evidence
  if (run.depth === "scrape" || (dht !== null && countedByDht(dht) > 0)) return false
  const listing =
    dhtNearest(evidence) ||
    trackers.some(({ announces }) => announces.some(({ ok, event }) => ok && event !== "stopped"))
  const somebody = peers.some(({ outcome }) => outcome !== "self")
  const { heard, doubts } = reachOf(evidence)
  return listing && !somebody && heard === 0 && doubts.length === 0
}

/**
 * The nodes nearest to the info hash were asked in each family that we have, and enough of them answered to say that nobody is
 * there.
 */
function dhtNearest({ dht, run: { vantage } }: Swarm): boolean {
  const lookups = (dht?.lookups ?? []).filter(({ purpose }) => purpose === "peers")
  const near = lookups.filter(({ end, closest }) => end === "converged" && closest.length >= enoughNodes)
  return (
    near.length > 0 &&
    lookups.every(({ family }) => !vantage[family] || near.some((other) => other.family === family))
  )
}
const enoughNodes = 4

/** Some piece is missing among the reached, and enough were reached for that to be an answer. */
export function missingForCertain(evidence: Swarm): boolean {
  const holdings = holdingsOf(evidence)
  return holdings !== null && holdings.missingPieces.length > 0 && reachOf(evidence).suffices
}

/** Can someone download this now? */
export function downloadable(evidence: Swarm): Answer {
  const { depth } = evidence.run
  if (!takesPieces(depth)) return { answer: "untested", because: `Depth ${depth} takes no pieces` }
  if (offline(evidence))
    return { answer: "unknown", because: "Nothing at all answered: the fault is probably here" }
  const onWeb = fromWebSeeds(evidence)
  if (onWeb !== null) return onWeb
  if (nobodyListed(evidence)) return { answer: "no", because: "The sources that answered list nobody" }
  const holdings = holdingsOf(evidence)
  const { reached, heard, doubts } = reachOf(evidence)
  const share = `${reached} of ${counted(heard, "peer")}`
  if (!holdings)
    return {
      answer: "unknown",
      because: andWhy(heard === 0 ? "No peer was heard of" : `${share} told us what they hold`, doubts),
    }
  const missing = holdings.missingPieces.length
  if (missing > 0) {
    const lacking = `${counted(missing, "piece")} of ${evidence.torrent.pieceCount}`
    return missingForCertain(evidence)
      ? { answer: "no", because: `${lacking} missing among ${share} reached (${percent(reached / heard)})` }
      : { answer: "unknown", because: andWhy(`${lacking} missing so far, with ${share} reached`, doubts) }
  }
  const samples = membershipOf(evidence).reached.flatMap(({ peer }) => peer.samples)
  const verified = new Set(samples.filter((sample) => sample.verified === true).map(({ piece }) => piece))
    .size
  if (verified === 0) {
    const sent = samples.some((sample) => sample.verified === false) ? "sent us a right one" : "gave us any"
    return { answer: "unknown", because: `Reached peers claim every piece, but none ${sent}` }
  }
  const doubt = sampleDoubt(evidence, verified)
  if (doubt !== null) return { answer: "unknown", because: doubt }
  return {
    answer: "yes",
    because: `Reached peers hold every piece; ${counted(verified, "sampled piece")} verified`,
  }
}

/** Where it takes a web seed: whatever peers lack can be had there. Null where they lack nothing, or there is none. */
function fromWebSeeds(evidence: Swarm): Answer | null {
  const whole = wholeWebSeeds(evidence).length
  if (whole === 0) return null
  const { pieceCount } = evidence.torrent
  const missing = holdingsOf(evidence)?.missingPieces.length ?? pieceCount
  const have = `${counted(whole, "web seed")} ${whole === 1 ? "has" : "have"}`
  const right = membershipOf(evidence).reached.flatMap(({ peer }) =>
    peer.samples.filter((sample) => sample.verified === true).map(({ piece }) => piece),
  )
  if (missing === 0 && right.length > 0 && sampleDoubt(evidence, new Set(right).size) === null) return null
  const verified = new Set([...right, ...verifiedByWebSeeds(evidence)]).size
  const where =
    missing === 0
      ? `${have} every piece, as reached peers claim to`
      : missing === pieceCount
        ? `Every piece is only on ${counted(whole, "web seed")}`
        : `${counted(missing, "piece")} of ${pieceCount} only on ${counted(whole, "web seed")}`
  return { answer: "yes", because: `${where}; ${counted(verified, "sampled piece")} verified` }
}

/** Claimed by those whom we reached, yet nobody would send it right: what they claim isn't what can be had. */
function sampleDoubt(evidence: Swarm, verified: number): string | null {
  const { failed, repeatedly } = unservedPieces(evidence.peers)
  if (repeatedly.length > 0) {
    const pieces = `${repeatedly.length === 1 ? "Piece" : "Pieces"} ${ranges(repeatedly, 3)}`
    return `${pieces} failed whenever asked for, though claimed; ${counted(verified, "sampled piece")} verified`
  }
  return failed.length > verified
    ? `Only ${verified} of ${counted(verified + failed.length, "sampled piece")} could be had, though all are claimed`
    : null
}
