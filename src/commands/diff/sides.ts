/** Which two snapshots a diff is of: files, kept audits by their ids, or the last ones of a target. */
import { contactsPeers } from "../../evidence/words.ts"
import { InputError } from "../../failure.ts"
import type { AuditRow, Snapshot } from "../../report.ts"
import { readSnapshot } from "../../store/snapshot-file.ts"
import type { Context } from "../context.ts"
import { historyOf } from "../keep.ts"
import { keptTarget, seenFrom, snapshotWithId } from "../kept.ts"
import { vantageOf } from "../request.ts"
import { exists } from "../target.ts"

export async function twoNamed(old: string, young: string, context: Context): Promise<[Snapshot, Snapshot]> {
  return [await snapshotNamed(old, context), await snapshotNamed(young, context)]
}

/** A file before an id: what stands there can be seen. */
async function snapshotNamed(text: string, context: Context): Promise<Snapshot> {
  if (!/^[0-9a-f]{4,8}$/.test(text) || (await exists(text))) return readSnapshot(text)
  const history = await historyOf(context)
  try {
    return (await snapshotWithId(text, history)) ?? (await readSnapshot(text))
  } finally {
    await history.close()
  }
}

/** Counts alone can't be told from visits: what is scraped meanwhile doesn't come between two audits. */
const likeTheLastVisit = <T extends Pick<AuditRow, "depth">>(kept: readonly T[]): T[] => {
  const depth = (kept.find((row) => contactsPeers(row.depth)) ?? kept[0])?.depth
  return kept.filter((row) => row.depth === depth)
}

/** The `nth` newest, itself counted, and the newest, of those that are kept whole, went as deep and are from the same vantage point. */
export async function lastOf(target: string, nth: number, context: Context): Promise<[Snapshot, Snapshot]> {
  const history = await historyOf(context)
  try {
    const { infoHash, name } = await keptTarget(target, history, context)
    const all = seenFrom(vantageOf(context.flags), await history.whole(infoHash), target)
    // What two places see is no change.
    const kept = likeTheLastVisit(all.filter(({ vantage }) => vantage === all[0]?.vantage))
    const [newest, older] = [kept[0], kept[nth - 1]]
    const after = newest && (await history.snapshot(infoHash, newest.id))
    const before = older && (await history.snapshot(infoHash, older.id))
    if (before && after) return [before, after]
    const count = kept.length === 1 ? "1 audit" : `${kept.length} audits`
    throw new InputError(
      "no-file",
      `${count} of ${name.slice(0, 80)} kept, ${nth} wanted`,
      kept.length > 2 ? `Use --last ${kept.length} or less.` : "Audit it again, or pass two snapshots.",
    )
  } finally {
    await history.close()
  }
}
