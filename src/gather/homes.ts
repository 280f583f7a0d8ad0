/**
 * Which entries are one peer's, at an address of each family. Its peer id says so, but anybody can show another's: only who gave right
 * pieces stands for others that show it, who did wrong stands for itself, and no sample of anybody is lost.
 */
import { stages, type Sample } from "../evidence.ts"
import { countPieces } from "../torrent/bitfield.ts"
import { lastMet, stageOf, type Entry } from "./peer-book.ts"
import { givesNothing } from "./second-ask.ts"

/** One peer: where it showed most, and its other addresses. */
export interface Home {
  readonly main: Entry
  readonly others: readonly Entry[]
}

const mostFailed = 1

/** It gave a right piece, and nothing that it did speaks against it. */
export const isProven = (entry: Entry): boolean => stageOf(entry) === "verified" && isClean(entry)

/** No wrong byte, nothing claimed and kept from us but a piece that may be damaged, no answer to any info hash. */
export function isClean(entry: Entry): boolean {
  const samples = samplesOf(entry)
  const kept = new Set(samples.filter(isFailed).map(({ piece }) => piece)).size
  const wrong = samples.some(({ verified }) => verified === false)
  return !wrong && kept <= mostFailed && entry.echo?.echoed !== true && !givesNothing(entry)
}

/** They say the same of themselves, each when it was last met. */
export function areAlike(one: Entry, other: Entry): boolean {
  const [a, b] = [lastMet(one), lastMet(other)]
  return a?.peerId === b?.peerId && a?.reserved === b?.reserved && a?.clientFamily === b?.clientFamily
}

export function holdsNoMore(one: Entry, other: Entry): boolean {
  const [its, others] = [lastMet(one)?.pieces, lastMet(other)?.pieces]
  return its?.every((byte, at) => (byte & ~(others?.[at] ?? 0)) === 0) !== false
}

/** Everybody, once. */
export function homesOf(entries: readonly Entry[]): Home[] {
  return [...Map.groupBy(entries, (entry) => entry.namesake ?? entry)].flatMap(([first, group]) => {
    const alike = group.filter(
      (each) => each !== first && isClean(first) && isClean(each) && areAlike(each, first),
    )
    const main = [first, ...alike].reduce((best, each) => (showsMore(each, best) ? each : best))
    const others = [first, ...alike].filter((each) => each !== main && samplesOf(each).length === 0)
    const alone = group.filter((each) => each !== main && !others.includes(each))
    return [{ main, others }, ...alone.map((each) => ({ main: each, others: [] }))]
  })
}

function showsMore(one: Entry, other: Entry): boolean {
  const [a, b] = [shownBy(one), shownBy(other)]
  const at = a.findIndex((each, i) => each !== b[i])
  return (a[at] ?? 0) > (b[at] ?? 0)
}

/** The first in which two differ decides. */
const shownBy = (entry: Entry): number[] => [
  samplesOf(entry).filter(({ verified }) => verified === true).length,
  samplesOf(entry).length,
  countPieces(lastMet(entry)?.pieces ?? new Uint8Array()),
  stages.indexOf(stageOf(entry)),
]

const samplesOf = ({ visits }: Entry): Sample[] => visits.flatMap(({ samples }) => samples)

const isFailed = ({ failure }: Sample): boolean =>
  failure !== null && ["rejected", "snubbed", "timeout"].includes(failure.code)
