/**
 * A peer that serves us was silent about a piece that it claims: a stall, or a choice? It is asked for the start of that piece and of
 * a few others, and, once no more of them come, for a piece that it does serve. What is still missing when that has come was
 * overtaken: it is asked for once more after another piece was served. One block each, on one connection, at once.
 *
 * Honest peers answer in order, or nearly: a reordering by their disk lasts a second or so, never `deadlineMs` twice.
 */
import type { Sample } from "../evidence.ts"
import { limits } from "../limits.ts"

/** What is asked, and when to stop: no clock and no sockets here. */
export interface Examination {
  /** The pieces to ask next for, at the same time; empty: it is over. */
  questions(): number[]
  /** Another piece that it claims and was never asked for; null: there is none. */
  fresh(): number | null
  /** How a round went. `overtaken`: a piece that was asked for after those was served before their time was up. */
  answered(of: { silent: readonly number[]; overtaken: boolean }): void
  /** Pieces that it was silent about, overtaken, at least twice. */
  readonly withheld: readonly number[]
}

export interface CrossExamination {
  readonly examination: Examination
  /** The start of a piece, for no longer than `deadlineMs`. */
  start: (piece: number, deadlineMs: number) => Promise<Sample>
  /** A piece, or as much of it as proves it. */
  serve: (piece: number) => Promise<Sample>
  /** A piece that it gave before, as long ago as there is one. */
  known: () => number | null
  /** Whether the budget has room for so many starts, and for two pieces that it serves. */
  affords: (starts: number) => boolean
  /** It was silent about it: what do others say? */
  doubted: (piece: number) => void
  over: () => boolean
  now: () => number
  sleep: (ms: number) => Promise<void>
}

/** A single piece may be damaged; the audit wants two, and two silences about each. */
const enoughPieces = 2
const enoughTimes = 2
const mostRounds = 3
const perRound = 6
/** Of those that it was silent about: the others may be served. */
const mostSuspected = 4
/** Beyond what any block gets, so that a peer that sends nothing at all is found to be silent first. */
const deadlineMs = limits.peer.blockMs + 1_000
/** No more of what was asked for comes: longer than a client's tick, or a disk's reordering. */
const quietMs = 2_500
const lookEveryMs = 250
/** Then others are tried, one by one, so often, until one comes that can overtake. */
const freshEveryMs = 1_000
const mostFresh = 6
/** Overtaking is tried so often in one silence. */
const mostOvertakers = 3

const none: ReadonlySet<number> = new Set()

export function examination(
  suspected: readonly number[],
  untested: (except: ReadonlySet<number>) => number | null,
): Examination {
  const silences = new Map<number, number>()
  const times = (piece: number) => silences.get(piece) ?? 0
  const withheld = () => [...silences.keys()].filter((piece) => times(piece) >= enoughTimes)
  let next = suspected.slice(0, mostSuspected)
  let rounds = 0
  let over = false
  return {
    questions() {
      if (over || rounds >= mostRounds || withheld().length >= enoughPieces) return []
      const pieces = new Set(next)
      while (pieces.size < perRound) {
        const piece = untested(pieces)
        if (piece === null) break
        pieces.add(piece)
      }
      rounds++
      return [...pieces]
    },
    fresh: () => untested(none),
    answered({ silent, overtaken }) {
      if (overtaken) for (const piece of silent) silences.set(piece, times(piece) + 1)
      next = silent.toSorted((a, b) => times(b) - times(a)).slice(0, mostSuspected)
      over = silent.length === 0 || !overtaken
    },
    get withheld() {
      return withheld()
    },
  }
}

export async function crossExamine(of: CrossExamination): Promise<void> {
  const { examination, serve, known, over } = of
  for (let pieces = examination.questions(); pieces.length > 0; pieces = examination.questions()) {
    if (over() || !of.affords(pieces.length)) return
    const round = await ask(of, pieces)
    examination.answered(round)
    for (const piece of round.silent) of.doubted(piece)
    // Only what is served between two silences makes them two.
    const between = round.given.at(-1) ?? known()
    if (round.silent.length === 0 || !round.overtaken || between === null || over()) return
    if ((await serve(between)).verified !== true) return
  }
}

async function ask(
  { examination, start, serve, known, over, now, sleep }: CrossExamination,
  pieces: readonly number[],
): Promise<{ given: number[]; silent: number[]; overtaken: boolean }> {
  const given: number[] = []
  const silent: number[] = []
  let lastMs = now()
  const pending = new Map<number, Promise<void>>()
  const begin = async (piece: number) => {
    const { bytes, failure } = await start(piece, deadlineMs)
    pending.delete(piece)
    lastMs = now()
    if (failure === null) given.push(piece)
    else if (bytes === 0 && (failure.code === "timeout" || failure.code === "snubbed")) silent.push(piece)
  }
  for (const piece of pieces) pending.set(piece, begin(piece))
  const asking = [...pending.values()]
  let extra = 0
  let overtaken = false
  for (let tries = 0; pending.size > 0 && !overtaken && tries < mostOvertakers && !over();) {
    await Promise.race([...pending.values(), sleep(lookEveryMs)])
    if (pending.size === 0 || now() - lastMs < quietMs) continue
    // A copy in memory gets past a disk that hangs, which is no choice: none but what it has to read.
    const fresh = given.length === 0 ? examination.fresh() : null
    if (fresh !== null) {
      if (++extra > mostFresh) break
      pending.set(fresh, begin(fresh))
      lastMs = now() - quietMs + freshEveryMs
      continue
    }
    const piece = given.shift() ?? known()
    if (piece === null) break
    tries++
    const { verified } = await serve(piece)
    overtaken = verified === true && pending.size > 0
    lastMs = now()
  }
  await Promise.all(asking)
  return { given, silent, overtaken }
}
