/** Audits of one torrent from several places → one document, pure: who saw whom, and who was told what. */
import { judge, thrownBy } from "./audit.ts"
import { offline } from "./measure/offline.ts"
import { individualsOf } from "./measure/vantages/individuals.ts"
import { reachableFrom } from "./measure/vantages/population.ts"
import { newestOf, type Vantage } from "./measure/vantages/vantage.ts"
import { vantageAudits } from "./merge/audits.ts"
import type { VantageAudit } from "./merge/vantage-audit.ts"
import { mergedFindings } from "./merge/findings.ts"
import { mergedPeers } from "./merge/peers.ts"
import { outdatedOf, type JudgedPlace } from "./merge/places.ts"
import { farApart, haveNamesAlike, notesOn, torrentOf, unmatchedReason, vantagesOf } from "./merge/rounds.ts"
import type { Placed } from "./merge/rounds.ts"
import { swarmOf, vantageOf } from "./merge/swarm.ts"
import { mergedTrackers } from "./merge/trackers.ts"
import { mergedVerdict } from "./merge/verdict.ts"
import { schemaVersion } from "./report.ts"
import type { Merged, MergedFinding } from "./report/merged.ts"

export { closeMs } from "./measure/vantages/vantage.ts"
export { vantageAudits } from "./merge/audits.ts"
export type { Placed } from "./merge/rounds.ts"

/**
 * Of one torrent; `version` is that of the tool which makes the document. Of each place the newest audit counts, and what trackers said
 * in all. Where addresses were renamed with different keys nobody can be matched, and nothing is said that rests on it.
 */
export function mergeSnapshots(
  snapshots: readonly Placed[],
  version: string,
  chosen: readonly VantageAudit[] = vantageAudits,
): Merged {
  const { vantages, repeated } = vantagesOf(snapshots)
  const places = vantages.map((vantage): JudgedPlace => {
    const evidence = newestOf(vantage)
    return { label: vantage.label, offline: offline(evidence), evidence, report: judge(evidence) }
  })
  const audits = places.map(({ evidence }) => evidence)
  const matched = haveNamesAlike(vantages)
  const individuals = individualsOf(audits)
  const reachable = reachableFrom(audits, individuals)
  const across = chosen.flatMap((audit) => judgedBy(audit, vantages, matched))
  const findings = mergedFindings(places, across, matched ? individuals : [])
  const swarm = swarmOf(places, individuals, reachable, {
    unmatched: matched ? null : unmatchedReason,
    far: farApart(vantages),
  })
  return {
    schemaVersion,
    tool: { name: "torrent-audit", version },
    document: "merge",
    torrent: torrentOf(audits),
    vantages: places.map((place, i) => ({
      ...vantageOf(place, i, matched ? reachable.reached : null),
      rounds: [...(vantages[i]?.rounds ?? [])],
    })),
    notes: notesOn(vantages, {
      repeated,
      matched,
      outdated: outdatedOf(places).map(({ label }) => label),
    }),
    verdict: mergedVerdict(places, findings, swarm.missingPieces?.length ?? null),
    swarm,
    peers: mergedPeers(individuals, reachable.reached, places),
    trackers: mergedTrackers(vantages),
    findings,
    error: null,
  }
}

/** One that throws is its own finding and harms no other. */
function judgedBy(audit: VantageAudit, vantages: readonly Vantage[], matched: boolean): MergedFinding[] {
  try {
    return audit.judge(vantages, matched).map((each) => ({ ...each, vantages: [...each.vantages] }))
  } catch (error) {
    return [{ ...thrownBy(audit, error), vantages: [] }]
  }
}
