/** What we ask of one peer that unchoked us: its duties, its goodput, then second opinions while others still work. */
import type { Sample } from "../evidence.ts"
import { goodputEnough } from "../measure/goodput.ts"
import type { Session } from "../wire/session.ts"
import type { Sampled, SamplingPlan } from "./sampling.ts"
import type { Slots } from "./slots.ts"

export interface SamplingRoom {
  readonly plan: SamplingPlan
  readonly goodputSlots: Slots
  readonly pieceBytes: number
  /** Of one peer's payload, for the sake of its goodput. */
  readonly goodputBytes: number
  readonly signal: AbortSignal
  now(): number
  /** Whether the budget, shared with the peers that wait, has room for that much payload; that it has not is recorded. */
  affords(bytes: number): boolean
  /** Resolves at the next sample of anybody, or after a moment. */
  change(): Promise<void>
  /** False once nobody is left whose samples could raise a question. */
  othersWork(): boolean
  /** Somebody waits for the socket that this session holds. */
  crowded(): boolean
  sampled(sample: Sample): void
  lingering(on: boolean): void
}

/** A goodput measurement that is still not narrow by then ends with the interval that it has. */
const goodputPatienceMs = 30_000
const lookEveryMs = 250

export async function samplePeer(room: SamplingRoom, key: string, session: Session): Promise<void> {
  const samples: Sample[] = []
  const peer: Sampled = { key, bits: () => session.record.pieces, samples }
  let ended = false
  void session.ended.then(() => {
    ended = true
  })
  const over = () => ended || room.signal.aborted

  const ask = async (piece: number, signal = room.signal): Promise<Sample> => {
    room.plan.asked(peer, piece)
    const sample = await session.fetch(piece, signal)
    samples.push(sample)
    room.plan.answered(peer, sample)
    room.sampled(sample)
    return sample
  }

  let measured = false
  while (!over()) {
    const duty = room.plan.duty(peer)
    if (duty !== null) {
      const sample = await ask(duty)
      if (sample.failure?.code === "budget") return
      continue
    }
    if (!measured) {
      measured = true
      await measureGoodput(room, peer, session, ask, over)
      continue
    }
    const planned = room.plan.planned(peer)
    if (planned !== null && room.affords(room.pieceBytes)) {
      const sample = await ask(planned)
      if (sample.failure?.code === "budget") return
      continue
    }
    room.lingering(true)
    const leave = !room.othersWork() || (room.crowded() && !room.plan.awaits(peer))
    if (!leave) await room.change()
    room.lingering(false)
    if (leave && !room.plan.awaits(peer)) return
  }
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
  ask: (piece: number, signal: AbortSignal) => Promise<Sample>,
  over: () => boolean,
): Promise<void> {
  const release = await room.goodputSlots.take(AbortSignal.any([room.signal, endOf(session)]))
  if (release === null) return
  const enough = new AbortController()
  const signal = AbortSignal.any([room.signal, enough.signal])
  const until = room.now() + goodputPatienceMs
  let lookAtMs = 0
  let bytes = 0
  const running = new Set<Promise<void>>()
  while (!over() && !enough.signal.aborted) {
    const ahead = Math.ceil(bytesAhead(peer.samples, room.now()) / room.pieceBytes) + 1
    while (running.size < ahead && room.affords((running.size + 1) * room.pieceBytes)) {
      const piece = room.plan.planned(peer) ?? room.plan.any(peer)
      if (piece === null) break
      const one = ask(piece, signal).then((sample) => {
        running.delete(one)
        bytes += sample.bytes
        if (sample.verified !== true || bytes >= room.goodputBytes) enough.abort()
      })
      running.add(one)
    }
    if (running.size === 0) break
    await Promise.race(running)
    if (room.now() < lookAtMs) continue
    lookAtMs = room.now() + lookEveryMs
    if (room.now() > until || goodputEnough(peer.samples)) enough.abort()
  }
  await Promise.all(running)
  release()
}

function endOf(session: Session): AbortSignal {
  const ended = new AbortController()
  void session.ended.then(() => ended.abort())
  return ended.signal
}
