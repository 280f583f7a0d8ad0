/** One of several audits: kept, saved in `-o DIR/`, and made small, since hundreds may follow. */
import type { Evidence } from "../../evidence.ts"
import type { AuditRow, Snapshot } from "../../report.ts"
import { fleetLine, type FleetLine } from "../../render/fleet.ts"
import { writeSnapshot } from "../../store/snapshot-file.ts"
import type { Context } from "../context.ts"
import { renderings } from "../deliver.ts"
import { fileIn } from "../deliver/directories.ts"
import { keep } from "../keep.ts"
import { utterance } from "../alerts/only-changes.ts"
import type { OutputOptions } from "../request.ts"

export interface Delivered {
  readonly line: FleetLine
  /** By `-q` and `--only-changes`; false: it has nothing to say. */
  readonly spoken: boolean
  /** To be called once it is printed. */
  readonly said: () => Promise<void>
  readonly status: Snapshot["verdict"]["status"]
  /** For documents about all targets: as printed and as saved; null: there is no such document. */
  readonly printed: Snapshot | null
  readonly saved: Snapshot | null
}

export interface Places {
  readonly directories: readonly string[]
  /** Of files in them: whose they are. */
  readonly taken: Map<string, string>
  readonly rowsOf: (infoHash: string) => Promise<readonly AuditRow[]>
}

export async function deliverOne(
  evidence: Evidence,
  output: OutputOptions,
  context: Context,
  places: Places,
): Promise<Delivered> {
  const { stdoutIsTty } = context.terminal
  const as = renderings(evidence, context)
  const [forScreen, forFiles] = [
    output.redact ?? (stdoutIsTty ? "none" : "prefix"),
    output.redact ?? "prefix",
  ]
  if (output.keep) await keep(as(forFiles), context)
  const printed = as(forScreen)
  const { torrent, verdict } = printed
  const infoHash = torrent.infoHashV1 ?? torrent.infoHashV2
  const rows = infoHash === null ? [] : await places.rowsOf(infoHash)
  for (const directory of places.directories)
    await writeSnapshot(freePath(directory, torrent, places.taken), as(forFiles))
  const line = fleetLine(printed, rows)
  const kept = {
    status: verdict.status,
    printed: output.format === "text" ? null : printed,
    saved: output.files.length === 0 ? null : as(forFiles),
  }
  if (output.format !== "text") return { ...kept, line, spoken: true, said: async () => {} }
  const { what, said } = await utterance(printed, output, context)
  return {
    ...kept,
    line: what === "recovered" ? { ...line, note: "recovered" } : line,
    spoken: what !== "nothing",
    said,
  }
}

/** A magnet whose metadata never came, and the like. */
export async function salvageOne(
  evidence: Evidence,
  output: OutputOptions,
  context: Context,
  { directories, taken }: Pick<Places, "directories" | "taken">,
): Promise<void> {
  if (directories.length === 0) return
  const saved = renderings(evidence, context)(output.redact ?? "prefix")
  for (const directory of directories) await writeSnapshot(freePath(directory, saved.torrent, taken), saved)
}

/** Somebody may have made two torrents of one name whose hashes begin alike. */
function freePath(directory: string, torrent: Snapshot["torrent"], taken: Map<string, string>): string {
  const owner = torrent.infoHashV1 ?? torrent.infoHashV2 ?? ""
  const path = fileIn(directory, torrent)
  const key = path.toLowerCase()
  if ((taken.get(key) ?? owner) !== owner) return fileIn(directory, torrent, owner.length)
  taken.set(key, owner)
  return path
}
