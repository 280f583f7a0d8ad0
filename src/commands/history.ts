/** `torrent-audit history [target]`: what earlier audits found, and `--prune` to forget it. */
import { InputError } from "../failure.ts"
import { limits } from "../limits.ts"
import type { History } from "../store/history.ts"
import { plainJson } from "../evidence/plain-json.ts"
import type { Command, Context } from "./context.ts"
import { keptTarget, seenFrom } from "./kept.ts"
import { historyOf } from "./keep.ts"
import { specOf, type OptionName } from "./options.ts"
import { vantageOf } from "./request.ts"
import { parseAge, parseCount } from "./values.ts"
import { version } from "./version.ts"

export const history: Command = async (context) => {
  const [target, ...more] = context.targets
  if (more.length > 0)
    throw new InputError("usage", "history takes one target, or none", "torrent-audit history 9f86d081")
  const json = asksForJson(context)
  refuseOthers(context)
  const age = given(context, "prune")
  if (age === null && context.flags["dry-run"] === true)
    throw new InputError("usage", "--dry-run changes nothing without --prune", "Add --prune 90d.")
  const ageMs = age === null ? null : parseAge(specFor("prune"), age)
  const kept = await historyOf(context)
  try {
    if (ageMs !== null) await prune({ age: age ?? "", ageMs, target }, kept, json, context)
    else if (target === undefined) await listTargets(kept, json, context)
    else await listAudits(target, kept, json, context)
  } finally {
    await kept.close()
  }
  return 0
}

const specFor = (name: OptionName) => {
  const spec = specOf(name)
  if (!spec) throw new Error(`no option ${name}`)
  return spec
}

function given({ flags }: Context, name: OptionName): string | null {
  const texts = flags[name]
  return texts === undefined || texts === true ? null : (texts.at(-1) ?? null)
}

/** Null: as many as a command shows by itself. */
function linesWanted(context: Context): number | null {
  const text = given(context, "top")
  return text === null ? null : parseCount(specFor("top"), text)
}

function asksForJson(context: Context): boolean {
  if (context.flags.json === true) return true
  const format = given(context, "format") ?? "text"
  if (format === "text" || format === "json") return format === "json"
  throw new InputError("out-format", `history has no format ${format}`, "Use text or json.")
}

function refuseOthers({ flags }: Context): void {
  if (flags.out !== undefined)
    throw new InputError("usage", "history writes no file", "torrent-audit history --json > history.json")
}

function print(document: object, { terminal }: Context): void {
  const tool = { name: "torrent-audit", version }
  terminal.out(`${plainJson({ tool, ...document, error: null })}\n`)
}

const pageOf = ({ terminal: { columns, color, ascii }, flags }: Context, top: number) => ({
  columns,
  color,
  ascii,
  top,
  verbose: flags.verbose === true,
})

async function listTargets(kept: History, json: boolean, context: Context): Promise<void> {
  const targets = await kept.targets()
  const top = linesWanted(context)
  const { renderTargets, worstFirst } = await import("../render/history.ts")
  if (json) print({ targets: worstFirst(targets).slice(0, top ?? targets.length) }, context)
  else if (targets.length === 0)
    context.terminal.out("No audit is kept yet: `torrent-audit x.torrent` makes and keeps one.\n")
  else
    context.terminal.out(
      renderTargets(targets, new Date(), pageOf(context, top ?? limits.history.shownTargets)),
    )
}

async function listAudits(text: string, kept: History, json: boolean, context: Context): Promise<void> {
  const { infoHash, name } = await keptTarget(text, kept, context)
  const rows = seenFrom(vantageOf(context.flags), await kept.audits(infoHash), text)
  const top = linesWanted(context)
  if (json) {
    print({ infoHash, name, audits: rows.slice(0, top ?? rows.length) }, context)
    return
  }
  const { renderAudits } = await import("../render/history/audits.ts")
  const whole = await kept.whole(infoHash)
  const shortened = withShortIds(rows)
  context.terminal.out(
    renderAudits(
      { infoHash, name, rows: shortened, whole: whole.length },
      pageOf(context, top ?? limits.history.shownAudits),
    ),
  )
}

/** Each id as far as it takes to be the only one, four digits at least: as `Saved …` names it. */
export function withShortIds<T extends { id: string }>(rows: readonly T[]): T[] {
  const sorted = rows.map(({ id }) => id).toSorted()
  const short = new Map<string, string>()
  for (const [at, id] of sorted.entries()) {
    const alike = (other: string | undefined) => (other === undefined || other === id ? 0 : shared(id, other))
    const digits = Math.max(alike(sorted[at - 1]), alike(sorted[at + 1])) + 1
    const known = short.get(id)?.length ?? 0
    short.set(id, id.slice(0, Math.max(limits.history.leastDigits, digits, known)))
  }
  return rows.map((row) => ({ ...row, id: short.get(row.id) ?? row.id }))
}

function shared(one: string, other: string): number {
  let digits = 0
  while (digits < one.length && one[digits] === other[digits]) digits++
  return digits
}

interface Pruning {
  age: string
  ageMs: number
  target: string | undefined
}

async function prune(
  { age, ageMs, target }: Pruning,
  kept: History,
  json: boolean,
  context: Context,
): Promise<void> {
  const infoHash = target === undefined ? null : (await keptTarget(target, kept, context)).infoHash
  const before = new Date(Date.now() - ageMs)
  const dryRun = context.flags["dry-run"] === true
  const audits = dryRun ? await kept.countBefore(before, infoHash) : await kept.prune(before, infoHash)
  if (json) {
    print({ pruned: { audits, before: before.toISOString(), infoHash, dryRun } }, context)
    return
  }
  const what = audits === 1 ? "1 audit" : `${audits} audits`
  context.terminal.out(`${dryRun ? "Would forget" : "Forgot"} ${what} older than ${age}.\n`)
}
