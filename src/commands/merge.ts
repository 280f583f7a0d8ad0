/** `torrent-audit merge ams.json nyc.json …`: audits of one torrent from several places, as one. */
import { InputError } from "../failure.ts"
import type { Placed } from "../merge.ts"
import type { Command, Context } from "./context.ts"
import { historyOf } from "./keep.ts"
import { checkMergedOutput, deliverMerged } from "./merge/deliver.ts"
import { audited } from "./merge/inputs.ts"
import { lastFromEach } from "./merge/kept.ts"
import { outputOptions } from "./request.ts"

export const merge: Command = async (context) => {
  const output = { ...outputOptions(context.flags), keep: false }
  await checkMergedOutput(output)
  const audits = await asked(context)
  refuseOnePlace(audits)
  return deliverMerged(audits, output, context)
}

/** Files, or of `--last TARGET` what is kept. */
async function asked(context: Context): Promise<Placed[]> {
  const { last } = context.flags
  const target = typeof last === "object" ? last.at(-1) : undefined
  if (target === undefined) return audited(context.targets)
  if (context.targets.length > 0)
    throw new InputError(
      "usage",
      "merge takes files or --last, not both",
      "torrent-audit merge --last 9f86d081",
    )
  const history = await historyOf(context)
  try {
    return await lastFromEach(target, history, context)
  } finally {
    await history.close()
  }
}

function refuseOnePlace(audits: readonly Placed[]): void {
  const labels = new Set(audits.map(({ label }) => label))
  const runs = new Set(audits.map(({ snapshot: { run } }) => `${run.id} ${run.startedAt}`))
  if (labels.size > 1 && runs.size > 1) return
  const [label = ""] = labels
  const why =
    audits.length === 1
      ? "one snapshot given"
      : runs.size === 1
        ? "all snapshots are of the same run"
        : `all snapshots are from ${label}`
  throw new InputError(
    "usage",
    `merge takes snapshots from two places or more: ${why}`,
    "Audit from another place too: torrent-audit TARGET --vantage NAME -o x.json.gz",
  )
}
