/** Evidence, judged, as the one document that every view and every other program reads. */
import { judge } from "../audit.ts"
import type { Evidence } from "../evidence.ts"
import { schemaVersion, type FailedSnapshot, type Snapshot } from "../report.ts"
import { version } from "./version.ts"

export { evidenceOf } from "../evidence.ts"

export const snapshotOf = (evidence: Evidence): Snapshot => ({
  schemaVersion,
  tool: { name: "torrent-audit", version },
  ...evidence,
  ...judge(evidence),
  error: null,
})

/** What `--json` prints when the input was bad. */
export const failedSnapshot = (error: FailedSnapshot["error"]): FailedSnapshot => ({
  schemaVersion,
  tool: { name: "torrent-audit", version },
  run: null,
  torrent: null,
  trackers: null,
  dht: null,
  webSeeds: null,
  peers: null,
  verdict: null,
  swarm: null,
  findings: null,
  error,
})
