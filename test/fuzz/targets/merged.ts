/** Documents about several places, read back: the schema → merged again → both views. */
import * as z from "zod"
import type { Evidence } from "../../../src/evidence.ts"
import { mergeSnapshots } from "../../../src/merge.ts"
import { merged as schema, type Merged } from "../../../src/report/merged.ts"
import { validMerged } from "../../../src/store/merged-file.ts"
import { choicesIn, must, orRefused } from "../claims.ts"
import { edited } from "../edits.ts"
import { safeInMergedViews } from "../views.ts"
import type { FuzzTarget } from "../target.ts"
import { evidenceNamed } from "./snapshot.ts"

/** Whatever two places may have seen of one torrent. */
const pairs: readonly (readonly string[])[] = [
  ["healthy", "nobody"],
  ["healthy", "redacted"],
  ["corrupter", "over-claimer", "healthy"],
  ["scrape", "udp-blocked"],
]

const known = new Map<number, Merged>()
function mergedPair(at: number): Merged {
  const found = known.get(at)
  if (found) return found
  const audits = (pairs[at] ?? []).map((name, place) => ({
    label: `place-${place}`,
    snapshot: placed(evidenceNamed(name), place),
  }))
  const made = mergeSnapshots(audits, "0.0.0")
  known.set(at, made)
  return made
}

/** Of one torrent, and runs of their own. */
function placed(evidence: Evidence, place: number): Evidence {
  const { torrent } = evidenceNamed("healthy")
  const { pieceCount } = evidence.torrent
  return {
    ...evidence,
    run: { ...evidence.run, id: `${place}` },
    torrent:
      pieceCount === torrent.pieceCount ? torrent : { ...evidence.torrent, infoHashV1: torrent.infoHashV1 },
  }
}

export const merged: FuzzTarget = {
  name: "merged-edits",
  group: "files",
  maxBytes: 256,
  run(input) {
    const choices = choicesIn(input)
    const base = mergedPair(choices.number(pairs.length - 1))
    const saved = orRefused(() => validMerged("x.json", edited(base, choices)))
    if (saved === null) return
    const audits = saved.vantages.flatMap(({ label, rounds }) =>
      rounds.map((snapshot) => ({ label, snapshot })),
    )
    const again = mergeSnapshots(audits, "0.0.0")
    const checked = schema.safeParse(again)
    must(checked.success, `merged again: ${checked.success ? "" : z.prettifyError(checked.error)}`)
    const failed = again.findings.find(({ verdict }) => verdict === "error")
    must(failed === undefined, `an audit that throws: ${failed?.audit} ${failed?.because}`)
    safeInMergedViews(again)
  },
  *seeds() {
    for (const at of pairs.keys()) yield Uint8Array.of(at)
    for (const at of pairs.keys())
      yield Uint8Array.from({ length: 60 }, (_, index) => (at + index * (at + 3) * 7) % 256)
  },
}
