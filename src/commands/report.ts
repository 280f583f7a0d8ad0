/** `torrent-audit report <snapshot>`, `report --last <target>`: judges saved evidence again, without a network. */
import type { Evidence } from "../evidence.ts"
import { InputError } from "../failure.ts"
import type { Snapshot } from "../report.ts"
import type { Merged } from "../report/merged.ts"
import { redact } from "../store/redact.ts"
import { isOfPlaces, readDocument } from "../store/merged-file.ts"
import { redactionKey, stateDirectory } from "../store/state.ts"
import { announceLogFile, withAnnounceLog } from "./announce-log.ts"
import type { Command, Context } from "./context.ts"
import { deliver, verdictStatus } from "./deliver.ts"
import { historyOf } from "./keep.ts"
import { lastSnapshot, snapshotWithId } from "./kept.ts"
import { checkMergedOutput, deliverMerged } from "./merge/deliver.ts"
import { roundsIn } from "./merge/inputs.ts"
import { specOf } from "./options.ts"
import { outputOptions, thresholdsOf, vantageOf, withThresholds, type OutputOptions } from "./request.ts"
import { evidenceOf } from "./snapshot.ts"
import { exists } from "./target.ts"
import { parseAge } from "./values.ts"

export const report: Command = async (context) => {
  const output = { ...outputOptions(context.flags), keep: false }
  thresholdsOf(context.flags)
  const outdated = outdatedFrom(context, new Date())
  const logFile = await announceLogFile(context.flags)
  const saved = await askedFor(context)
  if (isOfPlaces(saved)) return ofPlaces(saved, output, context)
  const evidence = { ...evidenceOf(saved), run: withThresholds(saved.run, context.flags) }
  const told = await withAnnounceLog(evidence, logFile, context.stop)
  const renamed = logFile === null ? told : renamedAlike(told, context)
  const snapshot = await deliver(renamed, output, context, outdated)
  return verdictStatus(snapshot, output.failOn)
}

/** What was merged is merged again, with the limits of today. */
async function ofPlaces(saved: Merged, output: OutputOptions, context: Context): Promise<number> {
  const { flags } = context
  const stray = (["announce-log", "max-age"] as const).find((name) => flags[name] !== undefined)
  if (stray !== undefined)
    throw new InputError(
      "usage",
      `--${stray} is for the audit of one place`,
      "Use it with the snapshots, and merge them again.",
    )
  await checkMergedOutput(output)
  const audits = roundsIn(saved).map(({ label, snapshot }) => ({
    label,
    snapshot: { ...snapshot, run: withThresholds(snapshot.run, flags) },
  }))
  return deliverMerged(audits, output, context)
}

/** A file, the last audit of a target, or a kept audit by its short id. */
async function askedFor(context: Context): Promise<Snapshot | Merged> {
  const [path, ...more] = context.targets
  const last = lastOf(context, "last")
  if ((path === undefined) === (last === null) || more.length > 0)
    throw new InputError(
      "usage",
      "report takes one snapshot",
      "torrent-audit report old.json, or torrent-audit report --last 9f86d081",
    )
  if (path !== undefined && (!/^[0-9a-f]{4,8}$/i.test(path) || (await exists(path))))
    return readDocument(path)
  const kept = await historyOf(context)
  try {
    if (path === undefined) return await lastSnapshot(last ?? "", kept, context, vantageOf(context.flags))
    return (await snapshotWithId(path, kept)) ?? (await readDocument(path))
  } finally {
    await kept.close()
  }
}

function lastOf({ flags }: Context, name: "last" | "max-age"): string | null {
  const given = flags[name]
  return given === undefined || given === true ? null : (given.at(-1) ?? null)
}

/** What is older than `--max-age` tells nothing of now: UNKNOWN, whatever it found. */
function outdatedFrom(context: Context, now: Date): (snapshot: Snapshot) => Snapshot {
  const given = lastOf(context, "max-age")
  const spec = specOf("max-age")
  if (given === null || spec === undefined) return (snapshot) => snapshot
  const maxAgeMs = parseAge(spec, given)
  return (snapshot) => {
    const ageMs = now.getTime() - Date.parse(snapshot.run.startedAt) - snapshot.run.durationMs
    if (ageMs <= maxAgeMs) return snapshot
    const because = `The audit is ${inWords(ageMs)} old, older than --max-age ${given}`
    return { ...snapshot, verdict: { status: "unknown", exitCode: 3, downloadable: "unknown", because } }
  }
}

function inWords(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 2) return `${Math.floor(ms / 1_000)} s`
  if (minutes < 120) return `${minutes} min`
  return minutes < 2 * 1_440 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1_440)} days`
}

/** A log has the addresses that a saved snapshot's peers had before they were renamed: where that was done here, they get the same names. */
function renamedAlike(evidence: Evidence, { environment }: Context): Evidence {
  const renamed = evidence.peers.find(({ address }) => address.includes("~"))
  if (renamed === undefined) return evidence
  const how = renamed.address.startsWith("~") ? "full" : "prefix"
  return redact(evidence, how, redactionKey(stateDirectory(environment)))
}
