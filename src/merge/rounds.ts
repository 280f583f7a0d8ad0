/** Snapshots put in order: which place made which, and what to know of them before reading on. */
import { evidenceOf, type Evidence, type Run, type Torrent } from "../evidence.ts"
import { closeMs, spanOf, startOf, type Vantage } from "../measure/vantages/vantage.ts"
import { counted, lasting, listed } from "../measure/wording.ts"

export interface Placed {
  /** A vantage label: the same one twice is one place at two times. */
  label: string
  /** A snapshot, or what was seen alone. */
  snapshot: Evidence
}

/** In the order in which the places come first; rounds by time. The same run twice counts once. */
export function vantagesOf(snapshots: readonly Placed[]): { vantages: Vantage[]; repeated: number } {
  const runs = new Map(
    snapshots
      .toReversed()
      .map((placed) => [`${placed.snapshot.run.id} ${placed.snapshot.run.startedAt}`, placed] as const),
  )
  const first = new Set(runs.values())
  const once = snapshots.filter((placed) => first.has(placed))
  const vantages = [...Map.groupBy(once, ({ label }) => label)].map(([label, own]) => ({
    label,
    rounds: own
      .map(({ snapshot }) => evidenceOf(snapshot))
      .toSorted((one, other) => startOf(one) - startOf(other)),
  }))
  return { vantages, repeated: snapshots.length - once.length }
}

/** Of several records of one torrent the one that says most: a magnet link's may lack files, and either hash of a hybrid. */
export function torrentOf(audits: readonly Pick<Evidence, "torrent">[]): Torrent {
  const torrents = audits.map(({ torrent }) => torrent)
  const [fullest] = torrents.toSorted((one, other) => other.pieceCount - one.pieceCount)
  if (!fullest) throw new Error("no audit")
  const first = <T>(of: (torrent: Torrent) => T | null): T | null =>
    torrents.map(of).find((value) => value !== null) ?? null
  return {
    ...fullest,
    infoHashV1: first(({ infoHashV1 }) => infoHashV1),
    infoHashV2: first(({ infoHashV2 }) => infoHashV2),
  }
}

/** Whether a peer has the same name in all of them that name any: as it is, or renamed with one key. */
export function haveNamesAlike(vantages: readonly Vantage[]): boolean {
  const names = vantages.flatMap(({ rounds }) => rounds.filter(({ peers }) => peers.length > 0).map(namingOf))
  return names.every(
    (name) => name === names[0] || (name !== null && name.key !== null && same(name, names[0] ?? null)),
  )
}

type Naming = NonNullable<Run["redaction"]> | null

const same = (one: Naming, other: Naming): boolean =>
  one !== null && other !== null && one.mode === other.mode && one.key === other.key

/** An older record doesn't say how its addresses were renamed. */
function namingOf({ run, peers }: Evidence): Naming {
  if (run.redaction) return run.redaction
  return peers.some(({ address }) => address.includes("~")) ? { mode: "prefix", key: null } : null
}

export interface Circumstances {
  repeated: number
  matched: boolean
  /** Labels of places that looked too long before the others. */
  outdated: readonly string[]
}

export function notesOn(
  vantages: readonly Vantage[],
  { repeated, matched, outdated }: Circumstances,
): string[] {
  const far = farApart(vantages)
  const rounds = vantages.filter(({ rounds: own }) => own.length > 1)
  return [
    ...(repeated > 0
      ? [`${counted(repeated, "snapshot")} of a run that was given already: counted once`]
      : []),
    ...(rounds.length > 0
      ? [
          `several audits from ${listed(
            rounds.map(({ label }) => label),
            3,
          )}: of each place the newest counts, and what trackers said of all`,
        ]
      : []),
    ...(matched ? [] : [`${unmatchedReason}: save them with --redact none, or with one redaction.key`]),
    ...(far === null ? [] : [far]),
    ...(outdated.length === 0
      ? []
      : [
          `${listed(outdated, 3)} looked more than ${lasting(closeMs)} before the last: not heard in the answer`,
        ]),
  ]
}

export const unmatchedReason = "peers were renamed with different keys, and can't be matched"

/** Null: near enough to have seen one swarm. */
export function farApart(vantages: readonly Vantage[]): string | null {
  const spanMs = spanOf(vantages)
  return spanMs <= closeMs ? null : `the newest audits lie ${lasting(spanMs)} apart, and saw different swarms`
}
