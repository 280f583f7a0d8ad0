/** What this tree's code makes of a recorded run's evidence: how a change judges, without the lab. Gathering stays as it was. */
import { judge } from "../../src/audit.ts"
import { grantedRates } from "../../src/measure/contention.ts"
import type { Snapshot } from "../../src/report.ts"

export function rejudged(snapshot: Snapshot): Snapshot {
  const rates = grantedRates(snapshot)
  const peers = snapshot.peers.map((peer, at) => ({ ...peer, goodputBytesPerSecond: rates[at] ?? null }))
  const evidence = { ...snapshot, peers }
  return { ...evidence, ...judge(evidence) }
}
