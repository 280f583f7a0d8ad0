/** Files → audits, each with what to call its place. Throws InputError. */
import { basename } from "node:path"
import type { Evidence } from "../../evidence.ts"
import { InputError } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Placed } from "../../merge.ts"
import type { Merged } from "../../report/merged.ts"
import { isOfPlaces, isSame, readDocument } from "../../store/merged-file.ts"
import { evidenceOf } from "../snapshot.ts"

/** What was merged before may be merged again. */
export async function audited(paths: readonly string[]): Promise<Placed[]> {
  if (paths.length === 0)
    throw new InputError("usage", "merge takes snapshots", "torrent-audit merge ams.json.gz nyc.json.gz")
  const files: (Placed & { path: string; isNamed: boolean })[] = []
  for (const path of paths) {
    const document = await readDocument(path)
    if (isOfPlaces(document))
      files.push(...roundsIn(document).map((each) => ({ ...each, path, isNamed: true })))
    else {
      const label = document.run.vantage.label
      const snapshot = evidenceOf(document)
      files.push({ label: label ?? labelOf(path), snapshot, path, isNamed: label !== undefined })
    }
  }
  refuseStrangers(files)
  return named(files)
}

export const roundsIn = ({ vantages }: Merged): Placed[] =>
  vantages.flatMap(({ label, rounds }) => rounds.map((snapshot) => ({ label, snapshot })))

/** A file's name without its endings, as a label may be written. */
export function labelOf(path: string): string {
  const name = basename(path)
    .replace(/\.gz$/i, "")
    .replace(/\.(json|html)$/i, "")
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, "-")
    .replace(/^[.-]+/, "")
  return plain.slice(0, 40).replace(/[.-]+$/, "") || "place"
}

/** Files that don't say where they were made are places of their own. */
function named(files: readonly (Placed & { isNamed: boolean })[]): Placed[] {
  const taken = new Set(files.filter(({ isNamed }) => isNamed).map(({ label }) => label))
  const placed = files.map(({ label, snapshot, isNamed }) => {
    if (isNamed) return { label, snapshot }
    let free = label
    for (let n = 2; taken.has(free); n++) free = `${label.slice(0, 36)}-${n}`
    taken.add(free)
    return { label: free, snapshot }
  })
  return fewEnough(placed)
}

/** As many as a document about several places holds. Throws InputError. */
export function fewEnough(placed: Placed[]): Placed[] {
  const { maxPlaces, maxRounds } = limits.merge
  const places = new Set(placed.map(({ label }) => label)).size
  if (places <= maxPlaces && placed.length <= maxRounds) return placed
  const [many, most] = places > maxPlaces ? [places, maxPlaces] : [placed.length, maxRounds]
  const what = places > maxPlaces ? "places" : "audits"
  throw new InputError("usage", `${many} ${what} given, and ${most} is the most`, "Merge fewer of them.")
}

type Torrent = Evidence["torrent"]

const hashOf = ({ infoHashV1, infoHashV2 }: Torrent): string => infoHashV1 ?? infoHashV2 ?? "unknown"

/** A hybrid's two hashes may come from two files, and a third that has both joins them. */
function refuseStrangers(files: readonly (Placed & { path: string })[]): void {
  const [first, ...others] = files
  if (!first) return
  const known = [first.snapshot.torrent]
  let left = others
  for (;;) {
    const [same, rest] = [
      left.filter(({ snapshot }) => known.some((each) => isSame(each, snapshot.torrent))),
      left.filter(({ snapshot }) => !known.some((each) => isSame(each, snapshot.torrent))),
    ]
    known.push(...same.map(({ snapshot }) => snapshot.torrent))
    left = rest
    if (same.length === 0) break
  }
  const [stranger] = left
  if (!stranger) return
  throw new InputError(
    "usage",
    `${first.path} is of ${hashOf(first.snapshot.torrent)}, ${stranger.path} of ${hashOf(stranger.snapshot.torrent)}`,
    "Pass snapshots of one torrent.",
  )
}
