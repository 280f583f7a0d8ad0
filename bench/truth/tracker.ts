/** The scenario's tracker, honest or not. */
import type { Host, Lab } from "../../test/clients/netns.ts"
import { libraryTiers, startLibraryTracker } from "../../test/clients/trackers/library.ts"
import { opentrackerTiers, startOpentracker } from "../../test/clients/trackers/opentracker.ts"
import type { Tracker } from "../../test/clients/trackers/tracker.ts"
import type { TrackerLie } from "../../src/demo/tracker-lies.ts"
import type { AuditId } from "./roles.ts"
import type { TrackerPlan } from "./scenario.ts"
import type { TrackerTruth } from "./truth.ts"

export const tiersOf = (plan: TrackerPlan, host: Host): string[][] =>
  plan.kind === "opentracker" ? opentrackerTiers(host) : libraryTiers(host, "ipv4")

export function startTracker(lab: Lab, host: Host, plan: TrackerPlan, infoHash: string): Promise<Tracker> {
  if (plan.kind === "library") return startLibraryTracker(lab, host, { ...plan, infoHash, family: "ipv4" })
  if (plan.factor !== 1 || plan.lie) throw new Error("opentracker can't lie")
  return startOpentracker(lab, host, infoHash)
}

/** One lie, one audit: which other ones notice it too depends on what else there is to see. */
const audits: Record<TrackerLie["kind"], AuditId> = {
  scaled: "phantom-seeders",
  frozen: "frozen-counter",
  constant: "constant-counts",
  // It names them for any info hash. Who pads this list alone is phantom-peers' to name, in test/measure/trackers.
  padded: "canary",
  "implausible-downloads": "implausible-downloads",
}

function accusedBy({ factor, lie }: TrackerPlan): AuditId | null {
  const scale = factor * (lie?.kind === "scaled" ? lie.factor : 1)
  if (scale !== 1) return scale > 1 ? "phantom-seeders" : "understated-counts"
  return lie ? audits[lie.kind] : null
}

export const trackerTruths = (plan: TrackerPlan, tiers: readonly (readonly string[])[]): TrackerTruth[] =>
  tiers.flat().map((url) => ({ url, honest: accusedBy(plan) === null, accusedBy: accusedBy(plan) }))
