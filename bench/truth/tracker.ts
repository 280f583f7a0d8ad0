/** The scenario's tracker, honest or not. */
import type { Host, Lab } from "../../test/clients/netns.ts"
import { libraryTiers, startLibraryTracker } from "../../test/clients/trackers/library.ts"
import { opentrackerTiers, startOpentracker } from "../../test/clients/trackers/opentracker.ts"
import type { Tracker } from "../../test/clients/trackers/tracker.ts"
import type { TruthScenario } from "./scenario.ts"
import type { TrackerTruth } from "./truth.ts"

type TrackerPlan = TruthScenario["tracker"]

export const tiersOf = (plan: TrackerPlan, host: Host): string[][] =>
  plan.kind === "opentracker" ? opentrackerTiers(host) : libraryTiers(host, "ipv4")

export function startTracker(lab: Lab, host: Host, plan: TrackerPlan, infoHash: string): Promise<Tracker> {
  if (plan.kind === "library")
    return startLibraryTracker(lab, host, { infoHash, factor: plan.factor, family: "ipv4" })
  if (plan.factor !== 1) throw new Error("opentracker can't lie")
  return startOpentracker(lab, host, infoHash)
}

export const trackerTruths = (plan: TrackerPlan, tiers: readonly (readonly string[])[]): TrackerTruth[] =>
  tiers.flat().map((url) => ({
    url,
    honest: plan.factor === 1,
    accusedBy: plan.factor === 1 ? null : "phantom-seeders",
  }))
