/** What `diff --json` prints: a small document of its own, with a version of its own. */
import type { Diff } from "../../diff.ts"
import type { Snapshot } from "../../report.ts"
import { version } from "../version.ts"
import { plainJson } from "../../evidence/plain-json.ts"

const schemaVersion = "1.0"

export function diffDocument(diff: Diff, before: Snapshot, after: Snapshot): string {
  const { name, infoHashV1, infoHashV2 } = after.torrent
  const document = {
    schemaVersion,
    tool: { name: "torrent-audit", version },
    document: "diff",
    torrent: { name, infoHashV1, infoHashV2 },
    before: side(before),
    after: side(after),
    ...diff,
    error: null,
  }
  return `${plainJson(document)}\n`
}

const side = ({ run, verdict, swarm }: Snapshot) => ({
  id: run.id,
  startedAt: run.startedAt,
  depth: run.depth,
  status: verdict.status,
  reachRatio: swarm.reachRatio,
})
