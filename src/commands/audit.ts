/** `torrent-audit <target>`, `scrape` and `peers`: the main job. */
import type { Depth, Evidence } from "../evidence.ts"
import { InputError } from "../failure.ts"
import { checkWritable } from "../store/snapshot-file.ts"
import { confirmed, pinged, type Done } from "./alerts.ts"
import { openAuditing } from "./audit-target.ts"
import type { Command, Context } from "./context.ts"
import { deliver, exitStatus, saveOnly } from "./deliver.ts"
import { directoriesIn, fileIn } from "./deliver/directories.ts"
import { dryRun } from "./dry-run.ts"
import { checkStore } from "./keep.ts"
import { auditMany, isMany } from "./many.ts"
import { outputOptions, type OutputOptions } from "./request.ts"
import { gatherShown } from "./shown.ts"
import { streaming } from "./deliver/stream.ts"
import { readAuditTarget, refuseMisspelled } from "./target.ts"

export const auditAt =
  (depth?: Depth): Command =>
  async (context) => {
    const forced = depth ? { depth } : {}
    if (depth === undefined) await refuseMisspelled(context.targets)
    if (context.flags["dry-run"] === true) return dryRun(context, forced)
    const { exit } = await pinged(context, async () =>
      (await isMany(context)) ? { exit: await auditMany(context, forced) } : auditOne(context, forced),
    )
    return exit
  }

async function auditOne(context: Context, forced: { depth?: Depth }): Promise<Done> {
  const { directories, flags } = await directoriesIn(context.flags)
  const asked = streaming(outputOptions(flags), context)
  try {
    const audit = await prepareAudit({ ...context, flags }, forced)
    const evidence = await confirmed(() => audit(asked), context)
    const inDirectories = directories.map((each) => fileIn(each, evidence.torrent))
    const output = { ...asked, files: [...asked.files, ...inDirectories] }
    const snapshot = await deliver(evidence, output, context)
    return { exit: exitStatus(snapshot, output.failOn), snapshots: [snapshot] }
  } catch (error) {
    if (error instanceof InputError) asked.events?.fail(error)
    throw error
  }
}

/** All that may be wrong with the command line is found here, before anything is gathered; the result gathers, as often as wanted. */
export async function prepareAudit(
  context: Context,
  forced: { depth?: Depth } = {},
): Promise<(output: OutputOptions) => Promise<Evidence>> {
  const [target, ...more] = context.targets
  if (target === undefined)
    throw new InputError("usage", "no target given", "torrent-audit file.torrent, or torrent-audit --help")
  if (more.length > 0)
    throw new InputError("usage", `${context.targets.length} targets given`, "Audit them one at a time.")
  for (const file of outputOptions(context.flags).files) await checkWritable(file)
  await checkStore(context)
  const auditing = await openAuditing(context, forced)
  const audit = await auditing.prepare(await readAuditTarget(target, context.stdin, auditing.fetchUrl))
  return (output) =>
    audit({
      gather: (asked, options, memory, network) =>
        gatherShown(asked, options, memory, output, context, network),
      salvage: (evidence) => saveOnly(evidence, output, context),
      deliver: (evidence) => deliver(evidence, output, context),
    })
}
