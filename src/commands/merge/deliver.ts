/** Audits from several places → one document, on the screen and in files; the exit status. */
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import type { Evidence } from "../../evidence.ts"
import { plainJson } from "../../evidence/plain-json.ts"
import { InputError } from "../../failure.ts"
import { mergeSnapshots, type Placed } from "../../merge.ts"
import type { Merged } from "../../report/merged.ts"
import { redact, redactions, renamedIn, renamer, type Redaction } from "../../store/redact.ts"
import { checkWritable, writeWhole } from "../../store/snapshot-file.ts"
import { redactionKey, stateDirectory } from "../../store/state.ts"
import { shownCommandLine } from "../command-line.ts"
import type { Context } from "../context.ts"
import { verdictStatus } from "../deliver.ts"
import { fileFormat } from "../deliver/outputs.ts"
import type { OutputOptions } from "../request.ts"
import { version } from "../version.ts"

/** Throws InputError `out-format` for what has no room for several places. */
export async function checkMergedOutput({ format, files }: OutputOptions): Promise<void> {
  const hint = "Use text, --json, -o x.json, -o x.json.gz or -o x.html."
  if (format !== "text" && format !== "json")
    throw new InputError("out-format", `several places are not written as ${format}`, hint)
  const wrong = files.find((file) => fileFormat(file) !== "json" && fileFormat(file) !== "html")
  if (wrong !== undefined)
    throw new InputError("out-format", `several places are not written to ${wrong}`, hint)
  for (const file of files) await checkWritable(file)
}

export async function deliverMerged(
  audits: readonly Placed[],
  output: OutputOptions,
  context: Context,
): Promise<number> {
  const { terminal } = context
  const made = new Map<Redaction, Merged>()
  const as = (how: Redaction): Merged => {
    const known = made.get(how)
    if (known) return known
    const merged = mergeSnapshots(renamedAlike(audits, how, context), version)
    made.set(how, merged)
    return merged
  }
  for (const file of output.files) await write(file, as(output.redact ?? "prefix"), context)
  const shown = as(output.redact ?? (terminal.stdoutIsTty ? "none" : "prefix"))
  if (output.format === "json") terminal.out(`${plainJson(shown)}\n`)
  else if (!output.quiet || shown.verdict.status !== "ok") {
    const { renderMerged } = await import("../../render/merged.ts")
    const { columns, color, ascii } = terminal
    terminal.out(renderMerged(shown, { columns, color, ascii, top: output.top, verbose: output.verbose }))
  }
  return verdictStatus(shown, output.failOn)
}

async function write(file: string, merged: Merged, context: Context): Promise<void> {
  if (fileFormat(file) === "html") {
    const { renderMergedHtml } = await import("../../render/merged-html.ts")
    return writeWhole(file, renderMergedHtml(merged, shownCommandLine(context)))
  }
  const text = `${plainJson(merged)}\n`
  return writeWhole(file, file.endsWith(".gz") ? await promisify(gzip)(text) : text)
}

/**
 * Peers must have the same names in all of them: renamed as far as any of them is, or as the place of printing asks for. What was renamed
 * with another machine's key keeps those names.
 */
function renamedAlike(audits: readonly Placed[], least: Redaction, { environment }: Context): Placed[] {
  const degrees = audits.map(({ snapshot }) => degreeOf(snapshot))
  const how = redactions[Math.max(redactions.indexOf(least), ...degrees)] ?? "full"
  if (how === "none") return [...audits]
  const key = redactionKey(stateDirectory(environment))
  const rename = renamer(how, key)
  return audits.map(({ label, snapshot }) => ({ label, snapshot: redact(snapshot, how, key, rename) }))
}

const degreeOf = (snapshot: Evidence): number => redactions.indexOf(renamedIn(snapshot)?.mode ?? "none")
