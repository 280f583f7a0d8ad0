/** Documents about several places, read back validated: every record in them may be a stranger's. */
import { limits } from "../limits.ts"
import type { Snapshot } from "../report.ts"
import { merged as schema, type Merged } from "../report/merged.ts"
import {
  checkVersion,
  damaged,
  documentIn,
  faultIn,
  isMerged,
  overlapIn,
  validSnapshot,
} from "./snapshot-file.ts"

/** Of one place or of several. Throws InputError. */
export async function readDocument(path: string): Promise<Snapshot | Merged> {
  const value = await documentIn(path)
  return isMerged(value) ? validMerged(path, value) : validSnapshot(path, value)
}

/** By what it was validated by: any snapshot may have fields that we don't know. */
export const isOfPlaces = (document: Snapshot | Merged): document is Merged => isMerged(document)

/** Throws InputError `bad-snapshot`. */
export function validMerged(path: string, value: unknown): Merged {
  checkVersion(path, value)
  const fault = faultIn(schema, value, faultOf)
  if (fault === null) return value as Merged
  throw damaged(path, fault)
}

/** Its audits are no more than can be held against each other, each is of one torrent, and its files don't overlap. */
function faultOf({ vantages, torrent }: Merged): string | null {
  const { maxRounds } = limits.merge
  if (vantages.reduce((sum, { rounds }) => sum + rounds.length, 0) > maxRounds)
    return `vantages: more than ${maxRounds} audits`
  const torrents = vantages.flatMap(({ rounds }) => rounds.map((round) => round.torrent))
  const overlap = [torrent, ...torrents].map(overlapIn).find((each) => each !== null)
  if (overlap !== undefined) return overlap
  const others = torrents.filter((each) => !isSame(each, torrent))
  return others.length === 0 ? null : "vantages: their audits are of different torrents"
}

/** An info hash in common, of either version. */
export const isSame = (one: Snapshot["torrent"], other: Snapshot["torrent"]): boolean =>
  (one.infoHashV1 !== null && one.infoHashV1 === other.infoHashV1) ||
  (one.infoHashV2 !== null && one.infoHashV2 === other.infoHashV2)
