/** What earlier runs saw of the same swarm, put beside what this one saw; `--no-history` switches it off. */
import { join } from "node:path"
import type { Evidence } from "../evidence.ts"
import { fileReadings, type Readings } from "../store/readings.ts"
import { stateDirectory } from "../store/state.ts"
import type { Context } from "./context.ts"

/** Of each vantage point by itself: what another place saw proves no change. */
export const readingsIn = (
  { environment }: Pick<Context, "environment">,
  vantage: string | undefined,
): Readings =>
  fileReadings(join(stateDirectory(environment), vantage === undefined ? "readings" : `readings@${vantage}`))

/** With what was known before this run, which then is remembered as well. */
export function withEarlier(evidence: Evidence, readings: Readings): Evidence {
  const { infoHashV1, infoHashV2 } = evidence.torrent
  const infoHash = infoHashV1 ?? infoHashV2
  if (infoHash === null) return evidence
  const earlier = readings.recall(infoHash)
  readings.remember(infoHash, evidence)
  return { ...evidence, earlier }
}
