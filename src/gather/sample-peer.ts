/** What we ask of one peer that unchoked us: its duties, its goodput, then second opinions while others still work. */
import type { Sample } from "../evidence.ts"
import { goodputEnough } from "../measure/goodput.ts"
import type { Session } from "../wire/session.ts"
import type { Sampled, SamplingPlan } from "./sampling.ts"
import type { Slots } from "./slots.ts"
import type { VisitRoom } from "./visits.ts"

export interface SamplingRoom extends VisitRoom {
  readonly plan: SamplingPlan
  readonly goodputSlots: Slots
  readonly pieceBytes: number
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
/** A goodput measurement that is still not narrow by then ends with the interval that it has. */
const goodputPatienceMs = 30_000
const lookEveryMs = 250
const lingerMs = 250

export async function samplePeer(room: SamplingRoom, key: string, session: Session): Promise<void> {
  const samples: Sample[] = []
  const peer: Sampled = { key, bits: () => session.record.pieces, samples }
  let ended = false
  void session.ended.then(() => {
    ended = true
  })
  const over = () => ended || room.signal.aborted

  const ask: Ask = async (piece, signal) => {
    room.plan.asked(peer, piece)
    const sample = await session.fetch(piece, signal)
    samples.push(sample)
    room.plan.answered(peer, sample)
    room.sampled(sample)
    room.sampledOnce()
    return sample
  }

  /** One piece by itself. False when there is no budget for another. */
  const askOne = async (piece: number): Promise<boolean> => {
    const patience = within(room, piecePatienceMs)
    const { failure } = await ask(piece, patience.signal)
    patience.end()
    return failure?.code !== "budget"
  }

  let measured = false
  while (!over()) {
    if (session.record.choked && !(await session.untilUnchoked(room.rechokeMs, room.signal))) return
    const duty = room.plan.duty(peer)
    if (duty !== null) {
      if (!(await askOne(duty))) return
      continue
    }
    if (!measured) {
      measured = true
      await measureGoodput(room, peer, session, ask, over)
      continue
    }
    const planned = room.plan.planned(peer)
    if (planned !== null && room.affords(room.pieceBytes)) {
      if (!(await askOne(planned))) return
      continue
    }
    if (!(await linger(room, peer, over))) return
  }
}

/** Stays for what others may need; true when there is something to do again. */
async function linger(room: SamplingRoom, peer: Sampled, over: () => boolean): Promise<boolean> {
  room.lingering(true)
  const asked = room.plan.disputes
  const wanted = () =>
    room.plan.disputes !== asked || (room.plan.planned(peer) !== null && room.affords(room.pieceBytes))
  while (!over() && !wanted()) {
    if (room.crowded() || !room.othersWork()) break
    await room.sleep(lingerMs, room.signal)
  }
  room.lingering(false)
  return !over() && wanted()
}

type Ask = (piece: number, signal: AbortSignal) => Promise<Sample>

/** A signal that aborts with the run, after that time, or when ended. */
function within(room: SamplingRoom, ms: number): { signal: AbortSignal; end(): void } {
  const own = new AbortController()
  const end = () => own.abort()
  void room.sleep(ms, own.signal).then(end)
  return { signal: AbortSignal.any([room.signal, own.signal]), end }
}

/** Bytes to keep asked for: two seconds' worth of what came lately, so that the session's pipeline never drains. */
function bytesAhead(samples: readonly Sample[], now: number): number {
  const recent = samples.filter(({ atMs, ms }) => atMs + ms > now - recentMs)
  const bytes = recent.reduce((sum, sample) => sum + sample.bytes, 0)
  return Math.min(Math.max(leastAheadBytes, (2_000 * bytes) / recentMs), mostAheadBytes)
}
const recentMs = 1_500
const leastAheadBytes = 262_144
const mostAheadBytes = 8_388_608

async function measureGoodput(
  room: SamplingRoom,
  peer: Sampled,
  session: Session,
  ask: Ask,
  over: () => boolean,
): Promise<void> {
  const release = await slotFor(room, session)
  if (release === null) return
  const measuring = within(room, goodputPatienceMs)
  let lookAtMs = 0
  let bytes = 0
  const running = new Set<Promise<void>>()
  while (!over() && !measuring.signal.aborted) {
    const ahead = Math.ceil(bytesAhead(peer.samples, room.now()) / room.pieceBytes) + 1
    while (running.size < ahead && room.affords(room.pieceBytes)) {
      const piece = room.plan.planned(peer) ?? room.plan.any(peer)
      if (piece === null) break
      const one = ask(piece, measuring.signal).then((sample) => {
        running.delete(one)
        bytes += sample.bytes
        if (sample.verified !== true || bytes >= room.goodputBytes) measuring.end()
      })
      running.add(one)
    }
    if (running.size === 0) break
    await Promise.race(running)
    if (room.now() < lookAtMs) continue
    lookAtMs = room.now() + lookEveryMs
    if (goodputEnough(peer.samples)) measuring.end()
  }
  await Promise.all(running)
  measuring.end()
  release()
}

/** Waits for its turn, but not while somebody else waits for its socket. */
async function slotFor(room: SamplingRoom, session: Session): Promise<(() => void) | null> {
  const givenUp = new AbortController()
  void session.ended.then(() => givenUp.abort())
  const taking = room.goodputSlots.take(AbortSignal.any([room.signal, givenUp.signal]))
  for (;;) {
    const moment = room.sleep(lingerMs, room.signal).then(() => "moment" as const)
    const answer = await Promise.race([taking, moment])
    if (answer !== "moment") return answer
    if (room.crowded()) givenUp.abort()
  }
}
