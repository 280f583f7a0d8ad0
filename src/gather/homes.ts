/**
 * Which entries are one peer's, at an address of each family. Its peer id says so, but anybody can show another's: only in the place of
 * who gave a right piece is nobody else visited, and who did wrong stays alone.
 */
import { stages, type Sample } from "../evidence.ts"
import { countPieces } from "../torrent/bitfield.ts"
import type { SessionRecord } from "../wire/session.ts"
import { lastMet, stageOf, type Entry } from "./peer-book.ts"
import { givesNothing } from "./second-ask.ts"

/** One peer: where it showed most, and its other addresses. */
export interface Home {
  readonly main: Entry
  readonly others: readonly Entry[]
}

/** It gave a right piece. */
export const isProven = (entry: Entry): boolean => stageOf(entry) === "verified"

/** They say the same of themselves, as far as both say anything; each when it was last met. */
export function areAlike(one: Entry, other: Entry, pieceCount: number): boolean {
  const [a, b] = [lastMet(one), lastMet(other)]
  if (!a || !b) return true
  const named = a.peerId === b.peerId && a.reserved === b.reserved && a.clientFamily === b.clientFamily
  return named && claimsFit(a, b, pieceCount)
}

/** One of them holds all that the other does, and both are seeders or none is. */
function claimsFit(a: SessionRecord, b: SessionRecord, pieceCount: number): boolean {
  if (!a.claimSent || !b.claimSent || !a.pieces || !b.pieces) return true
  const [fewer, more] =
    countPieces(a.pieces) <= countPieces(b.pieces) ? [a.pieces, b.pieces] : [b.pieces, a.pieces]
  if (countPieces(more) === pieceCount) return countPieces(fewer) === pieceCount
  return fewer.every((byte, at) => (byte & ~(more[at] ?? 0)) === 0)
}

const failed = ({ verified, failure }: Sample): boolean =>
  verified === false || (failure !== null && ["rejected", "snubbed", "timeout"].includes(failure.code))

/** Nothing that it did speaks against it. */
export const isClean = (entry: Entry): boolean =>
  entry.echo?.echoed !== true &&
  !givesNothing(entry) &&
  !entry.visits.some(({ samples }) => samples.some(failed))

/** Everybody, once. Those of one peer id that were visited side by side are one if nothing tells them apart. */
export function homesOf(entries: readonly Entry[], pieceCount: number): Home[] {
  const rootOf = (entry: Entry): Entry => {
    if (entry.sameAs !== null) return rootOf(entry.sameAs)
    const { namesake } = entry
    if (namesake === null || !isClean(entry) || !isClean(namesake) || !areAlike(entry, namesake, pieceCount))
      return entry
    return rootOf(namesake)
  }
  return [...Map.groupBy(entries, rootOf)].map(([root, group]) => {
    const main = group.reduce((best, each) => (stageRank(each) > stageRank(best) ? each : best), root)
    return { main, others: group.filter((each) => each !== main) }
  })
}

const stageRank = (entry: Entry): number => stages.indexOf(stageOf(entry))
