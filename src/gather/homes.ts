/**
 * Which entries are one peer's, at an address of each family. Its peer id says so, but anybody can show another's: only who gives right
 * pieces stands for others that show it, who did wrong stands for itself, and no sample of anybody is lost.
 */
import { stages, type Sample } from "../evidence.ts"
import { placeOf } from "../measure/networks.ts"
import { countPieces, isWithin } from "../torrent/bitfield.ts"
import type { SessionRecord } from "../wire/session.ts"
import { lastMet, stageOf, type Entry } from "./peer-book.ts"
import { givesNothing } from "./second-ask.ts"

/** One peer: where it showed most, and its other addresses. */
export interface Home {
  readonly main: Entry
  readonly others: readonly Entry[]
}

/** A piece that it claims may be damaged; two are a choice. */
const mostKept = 1
/** Of the last reserved byte. aria2 sets it by whether its DHT of that family is on. */
const dhtBit = 0x01

/** It gave a right piece, and nothing that it did speaks against it. */
export const isProven = (entry: Entry): boolean => stageOf(entry) === "verified" && isClean(entry)

/** No wrong byte, hardly anything claimed and kept from us, nothing against the protocol, no answer to any info hash. */
export function isClean(entry: Entry): boolean {
  const samples = samplesOf(entry)
  const given = new Set(samples.filter(({ verified }) => verified === true).map(({ piece }) => piece))
  const kept = new Set(
    samples.filter((each) => isFailed(each) && !given.has(each.piece)).map(({ piece }) => piece),
  )
  const wrong =
    samples.some(({ verified }) => verified === false) ||
    entry.visits.some(({ end }) => end?.code === "protocol-error")
  return !wrong && kept.size <= mostKept && entry.echo?.echoed !== true && !givesNothing(entry)
}

/** They say the same of themselves, each when it was last met. */
export function areAlike(one: Entry, other: Entry): boolean {
  const [a, b] = [lastMet(one), lastMet(other)]
  const named = a?.peerId === b?.peerId && a?.clientFamily === b?.clientFamily
  return named && reservedOf(a) === reservedOf(b)
}

/** 8 bytes in hex. */
function reservedOf(visit: SessionRecord | null): string | null {
  if (!visit?.reserved) return null
  const last = Number.parseInt(visit.reserved.slice(-2), 16) & ~dhtBit
  return `${visit.reserved.slice(0, -2)} ${last}`
}

/** Of what each last claimed. Who claimed nothing holds none. */
export const holdsNoMore = (one: Entry, other: Entry): boolean => isWithin(claimOf(one), claimOf(other))

/** One peer may have said both: a seeder, or a leecher that was further once than then. Who claimed nothing contradicts nobody. */
export function claimsFit(one: Entry, other: Entry, pieceCount: number): boolean {
  if (claimOf(one).length === 0 || claimOf(other).length === 0) return true
  if (isWhole(one, pieceCount) !== isWhole(other, pieceCount)) return false
  return holdsNoMore(one, other) || holdsNoMore(other, one)
}

/** Everybody, once. */
export function homesOf(entries: readonly Entry[], pieceCount: number): Home[] {
  return [...Map.groupBy(entries, (entry) => entry.namesake ?? entry)].flatMap(([first, group]) => {
    const same = [first, ...sameAsFirst(first, group, pieceCount)]
    const main = same.reduce((best, each) => (showsMore(each, best) ? each : best))
    const others = same.filter((each) => each !== main && samplesOf(each).length === 0)
    const alone = group.filter((each) => each !== main && !others.includes(each))
    return [{ main, others }, ...alone.map((each) => ({ main: each, others: [] }))]
  })
}

/** Of those whose namesake it is, the ones that are the same peer. */
function sameAsFirst(first: Entry, group: readonly Entry[], pieceCount: number): Entry[] {
  if (!isClean(first)) return []
  const namesakes = group.filter((each) => each !== first)
  const visited = namesakes.filter(({ sameAs }) => sameAs === null)
  // A peer has a few addresses of its line, and not one in every country: such an id is judged by where it is.
  const isNear = new Set(visited.map(({ address }) => placeOf(address).network)).size === 1
  return namesakes.filter(
    (each) =>
      isClean(each) &&
      areAlike(each, first) &&
      (each.sameAs === first || (isNear && claimsFit(each, first, pieceCount))),
  )
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
  Number(entry.choked),
  countPieces(claimOf(entry)),
  stages.indexOf(stageOf(entry)),
]

const samplesOf = ({ visits }: Entry): Sample[] => visits.flatMap(({ samples }) => samples)

const claimOf = ({ visits }: Entry): Uint8Array =>
  visits.findLast(({ claimSent }) => claimSent)?.pieces ?? new Uint8Array()

const isWhole = (entry: Entry, pieceCount: number): boolean => countPieces(claimOf(entry)) === pieceCount

/** A part of it is slowness. */
const isFailed = ({ bytes, failure }: Sample): boolean =>
  bytes === 0 && failure !== null && ["rejected", "snubbed", "timeout"].includes(failure.code)
