import { holdingsOf } from "./holdings.ts"
import { membershipOf } from "./members.ts"
import { offline } from "./offline.ts"
import { reachOf, type Swarm } from "./roles.ts"
import { counted, percent } from "./wording.ts"

export interface Answer {
  answer: "yes" | "no" | "unknown" | "untested"
  because: string
}

/** Every source that answered lists nobody, and nothing suggests that there is anybody. */
export function nobodyListed(evidence: Swarm): boolean {
  const { run, trackers, peers, webSeeds } = evidence
  if (
    webSeeds.length > 0 ||
    run.depth === "scrape" ||
    run.stopReason === "interrupted" ||
    run.stopReason === "terminated"
  )
    return false
  const listing = trackers.some(({ announces }) =>
    announces.some(({ ok, event }) => ok && event !== "stopped"),
  )
  const somebody = peers.some(({ outcome }) => outcome !== "self")
  const { heard, largerClaim } = reachOf(evidence)
  return listing && !somebody && heard === 0 && !largerClaim
}

/** Some piece is missing among the reached, and enough were reached for that to be an answer. */
export function missingForCertain(evidence: Swarm): boolean {
  const holdings = holdingsOf(evidence)
  return holdings !== null && holdings.missingPieces.length > 0 && reachOf(evidence).suffices
}

/** Can someone download this now? */
export function downloadable(evidence: Swarm): Answer {
  const { depth } = evidence.run
  if (depth !== "sample" && depth !== "full")
    return { answer: "untested", because: `Depth ${depth} takes no pieces` }
  if (offline(evidence))
    return { answer: "unknown", because: "Nothing at all answered: the fault is probably here" }
  if (nobodyListed(evidence)) return { answer: "no", because: "The sources that answered list nobody" }
  const holdings = holdingsOf(evidence)
  const { reached, heard } = reachOf(evidence)
  const share = `${reached} of ${counted(heard, "peer")}`
  if (!holdings)
    return {
      answer: "unknown",
      because: heard === 0 ? "No peer was heard of" : `${share} told us what they hold`,
    }
  const missing = holdings.missingPieces.length
  if (missing > 0) {
    const lacking = `${counted(missing, "piece")} of ${evidence.torrent.pieceCount}`
    return missingForCertain(evidence)
      ? { answer: "no", because: `${lacking} missing among ${share} reached (${percent(reached / heard)})` }
      : { answer: "unknown", because: `${lacking} missing so far, with ${share} reached` }
  }
  const verified = new Set(
    membershipOf(evidence).reached.flatMap(({ peer }) =>
      peer.samples.filter((sample) => sample.verified === true).map(({ piece }) => piece),
    ),
  ).size
  return verified > 0
    ? {
        answer: "yes",
        because: `Reached peers hold every piece; ${counted(verified, "sampled piece")} verified`,
      }
    : { answer: "unknown", because: "Reached peers claim every piece, but none sent us a right one" }
}
