/**
 * What we ask of one peer: while it chokes us what it allows all the same, then its duties, its goodput, and second opinions
 * while others still work.
 */
import type { Sample } from "../evidence.ts"
import { limits } from "../limits.ts"
import type { Session } from "../wire/session.ts"
import { crossExamine, examination } from "./cross-examine.ts"
import { sampleChoked } from "./sample-choked.ts"
import type { Duty, Sampled, SamplingPlan } from "./sampling.ts"
import { contestantOf, type Ask } from "./contestant.ts"
import type { Contestant } from "./member.ts"
import { outwait } from "./outwait.ts"
import type { Controls } from "./controls.ts"
import type { Random } from "./random.ts"
import { isSilence, suspectsAmong } from "./suspicion.ts"
import type { Turns } from "./turns.ts"
import type { VisitRoom } from "./visits.ts"

export interface SamplingRoom extends VisitRoom {
  readonly plan: SamplingPlan
  readonly controls: Controls
  readonly turns: Turns
  /** Null where the host says nothing about who shares an uplink. */
  readonly host: string | null
  readonly random: Random
  readonly pieceBytes: number
  /** Every byte is wanted, and not only the proof of a claim: depth `full`. */
  readonly wholePieces: boolean
  /** Of one peer's payload, for the sake of its goodput. */
  readonly goodputBytes: number
  /** How long a peer that choked us again is given, beyond what the session itself waits. */
  readonly rechokeMs: number
  readonly signal: AbortSignal
  now(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Whether the budget has room for that much beyond a first piece of everybody; that it has not is recorded. */
  affords(bytes: number): boolean
  /** False once nobody is left whose samples could raise a question. */
  othersWork(): boolean
  sampled(sample: Sample): void
}

/** A piece that is not whole by then is given up: slow, not wrong. */
const piecePatienceMs = 90_000
const lingerMs = 250
/** Of those that it refused on an earlier connection: a few tell as much as all. */
const mostRefused = 4
/** Asked for beside a piece of which nothing came: who lacks half of what it claims most likely has one of them. */
const mostOthers = 4
/** Of one visit. */
const mostExaminations = 2
const { blockBytes } = limits.peer

export async function samplePeer(room: SamplingRoom, key: string, session: Session): Promise<void> {
  const samples: Sample[] = []
  const peer: Sampled = { key, bits: () => session.record.pieces, samples }
  let ended = false
  void session.ended.then(() => {
    ended = true
  })
  const over = () => ended || room.signal.aborted

  const ask: Ask = async ({ piece, part }, signal) => {
    room.plan.asked(peer, piece)
    const sample =
      typeof part === "number"
        ? await session.fetchBlock(piece, part, signal)
        : await session.fetch(piece, signal)
    samples.push(sample)
    room.plan.answered(peer, sample)
    room.sampled(sample)
    room.sampledOnce()
    return sample
  }

  /** One piece or block by itself. False when there is no budget for another. */
  const askOne = async (duty: Duty): Promise<boolean> => (await askAside(duty)).failure?.code !== "budget"
  const askAside = (duty: Duty): Promise<Sample> =>
    room.turns.aside(contestant, async () => {
      const patience = within(room, piecePatienceMs)
      const { piece } = duty
      let sample = await ask({ piece, part: cheapest(room, session, duty) }, patience.signal)
      // It owed a proof and has none: the whole piece needs none of its.
      if (sample.failure?.code === "bad-proof" && sample.offset !== undefined)
        sample = await ask({ piece, part: "whole" }, patience.signal)
      patience.end()
      return sample
    })

  const contestant = contestantOf(room, peer, session, ask, over)
  /** Who was silent before, or is now, has not sent a byte. */
  const isMute = () =>
    session.record.payloadBytes === 0 &&
    (samples.length === 0 ? room.again?.length === 0 : samples.at(-1)?.failure?.code === "snubbed")
  /** It refuses whatever is asked of it: nobody needs it, and its second chance comes after this visit. */
  const refuses = () =>
    session.record.payloadBytes === 0 &&
    new Set(samples.filter(({ failure }) => failure?.code === "rejected").map(({ piece }) => piece)).size >= 2
  const cost = () => (session.provesBlocks && !room.wholePieces ? blockBytes : room.pieceBytes)
  const extra = (): Duty | null => {
    const piece = room.plan.planned(peer)
    return piece !== null && room.affords(cost()) ? { piece, part: "any" } : null
  }
  const start = async (piece: number, deadlineMs: number): Promise<Sample> => {
    room.plan.asked(peer, piece)
    const one = { bytes: blockBytes, patienceMs: null, deadlineMs }
    const sample = await session.fetchStart(piece, one, room.signal)
    room.plan.answered(peer, sample)
    room.sampled(sample)
    return sample
  }
  let examined = 0
  /** Samples that the last examination knew of. */
  let judged = 0
  const examine = async (suspected: readonly number[]): Promise<void> => {
    const one = examination(suspected, (except) => room.plan.untested(peer, except))
    await crossExamine({
      examination: one,
      start,
      serve: (piece) => askAside({ piece, part: "any" }),
      known: () => leastRecent(samples),
      affords: (starts) => room.affords(starts * blockBytes + 2 * cost()),
      doubted: (piece) => room.plan.doubted(peer, piece),
      over: () => over() || session.record.choked,
      now: () => room.now(),
      sleep: (ms) => room.sleep(ms, room.signal),
    })
    room.plan.withheld(peer, one.withheld)
    examined = one.withheld.length > 0 ? mostExaminations : examined + 1
    judged = samples.length
  }
  await sampleChoked({ room, session, key, samples, askOne, over })
  if (!(await room.unchoked)) return
  const leave = room.turns.arrive(contestant)
  let measured = false
  let outwaited = 0
  for (const piece of (room.again ?? []).slice(0, mostRefused))
    if (!over()) await askOne({ piece, part: "whole" })
  while (!over()) {
    if (session.record.choked && !(await session.untilUnchoked(room.rechokeMs, room.signal))) break
    const claimed = isMute() ? (samples[0]?.piece ?? room.plan.any(peer)) : null
    if (claimed !== null) {
      room.sampledOnce()
      const others = Array.from({ length: mostOthers }, () => room.plan.any(peer))
      await outwait(room, session, [claimed, ...others.filter((other) => other !== null)])
      // A choke is an answer: what comes after it is asked for anew, once.
      if (session.record.payloadBytes === 0 && (!session.record.choked || ++outwaited > 1)) break
      continue
    }
    if (controlIsDue(room, session) && room.controls.take()) {
      const piece = room.plan.any(peer)
      if (piece !== null)
        await room.turns.aside(contestant, () =>
          session.fetchStart(piece, { bytes: limits.silence.probeBytes, patienceMs: null }, room.signal),
        )
      continue
    }
    if (
      session.record.payloadBytes > 0 &&
      samples.slice(judged).some((sample) => isSilence(sample, samples)) &&
      examined < mostExaminations
    ) {
      await examine(suspectsAmong(samples))
      continue
    }
    const duty = room.plan.duty(peer)
    if (duty === null && !measured) {
      measured = true
      await room.turns.measure(contestant, () => over() || room.crowded())
      continue
    }
    const next = duty ?? (room.turns.spares(contestant) ? extra() : null)
    if (next === null && refuses()) break
    if (next === null ? !(await linger(room, contestant, session, extra, over)) : !(await askOne(next))) break
  }
  leave()
}

/** Of the pieces that it gave, the one that it gave the longest time ago. */
function leastRecent(samples: readonly Sample[]): number | null {
  const lastMs = new Map<number, number>()
  for (const { piece, atMs, verified } of samples) if (verified === true) lastMs.set(piece, atMs)
  return [...lastMs].toSorted(([, a], [, b]) => a - b)[0]?.[0] ?? null
}

/** One block where that proves a claim, else the whole piece. */
function cheapest(
  { random, wholePieces }: SamplingRoom,
  session: Session,
  { piece, part }: Duty,
): Duty["part"] {
  if (part === "whole" || !session.provesBlocks) return "whole"
  const blocks = session.blocksIn(piece)
  if (part !== "any") return part
  if (wholePieces) return "whole"
  return blocks > 1 ? blockBytes * random.below(blocks) : "whole"
}

/** Stays for what others may need; true when there is something to do again. */
async function linger(
  room: SamplingRoom,
  contestant: Contestant,
  session: Session,
  extra: () => Duty | null,
  over: () => boolean,
): Promise<boolean> {
  const recall = room.turns.lend(contestant)
  const asked = room.plan.disputes
  const wanted = () =>
    room.plan.disputes !== asked ||
    controlIsDue(room, session) ||
    (room.turns.spares(contestant) && extra() !== null)
  while (!over() && !wanted()) {
    // Who waits for others' measurements to give a piece has work of its own left.
    const idle = extra() === null
    room.lingering(idle)
    if (
      room.crowded() ||
      room.awaited() ||
      room.wantedElsewhere() ||
      (idle && !room.othersWork() && !room.turns.wants(contestant))
    )
      break
    await room.sleep(lingerMs, room.signal)
  }
  recall()
  room.lingering(false)
  return !over() && wanted()
}

/** Only who can be relied on to answer. */
const controlIsDue = ({ controls }: SamplingRoom, { record }: Session): boolean =>
  controls.due && !record.choked && record.payloadBytes > 0

/** A signal that aborts with the run, after that time, or when ended. */
function within(room: SamplingRoom, ms: number): { signal: AbortSignal; end(): void } {
  const own = new AbortController()
  const end = () => own.abort()
  void room.sleep(ms, own.signal).then(end)
  return { signal: AbortSignal.any([room.signal, own.signal]), end }
}
