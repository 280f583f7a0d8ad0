/**
 * A peer that unchoked us and never sent a byte is asked for a whole minute before it is left: a disk may sleep, a line may be
 * slow. It is asked for so little that neither a crowded uplink nor a path that loses large packets keeps it back, and then for an
 * ordinary block of a few other pieces, in case it knows of no smaller ones, or has not all that it claims.
 */
import { limits } from "../limits.ts"
import type { Session } from "../wire/session.ts"
import type { Controls } from "./controls.ts"
import type { VisitRoom } from "./visits.ts"

export interface OutwaitRoom extends Pick<VisitRoom, "crowded" | "awaited"> {
  readonly controls: Controls
  readonly signal: AbortSignal
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

const { blockBytes } = limits.peer
const lookEveryMs = 250
/** Both clocks round. */
const spareMs = 100

/** Until a byte of a block comes, the minute is over, it chokes us or leaves, or somebody else needs its socket. */
export async function outwait(
  room: OutwaitRoom,
  session: Session,
  [piece, ...others]: readonly [number, ...number[]],
): Promise<void> {
  const done = new AbortController()
  const signal = AbortSignal.any([room.signal, done.signal])
  const patienceMs = Math.max(0, limits.silence.askMs - session.silentMs) + spareMs
  const end = room.controls.begin()
  const ask = (about: number, bytes: number) => session.fetchStart(about, { bytes, patienceMs }, signal)
  const asking = Promise.race([
    ask(piece, limits.silence.probeBytes),
    ...[...new Set(others)].filter((other) => other !== piece).map((other) => ask(other, blockBytes)),
  ]).then(() => done.abort())
  while (!signal.aborted) {
    await room.sleep(lookEveryMs, signal)
    if (room.crowded() || room.awaited()) done.abort()
  }
  await asking
  end()
}
