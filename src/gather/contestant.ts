/** A sampled peer whose goodput is to be measured: pieces for the sake of the rate, always enough of them asked for. */
import type { Sample } from "../evidence.ts"
import type { Session } from "../wire/session.ts"
import type { Contestant } from "./member.ts"
import type { SamplingRoom } from "./sample-peer.ts"
import type { Duty, Sampled } from "./sampling.ts"

export type Ask = (duty: Duty, signal: AbortSignal) => Promise<Sample>

const recentMs = 1_500
const leastAheadBytes = 262_144
const mostAheadBytes = 8_388_608

/** Bytes to keep asked for: two seconds' worth of what came lately, so that the session's pipeline never drains. */
function bytesAhead(samples: readonly Sample[], now: number): number {
  const recent = samples.filter(({ atMs, ms }) => atMs + ms > now - recentMs)
  const bytes = recent.reduce((sum, sample) => sum + sample.bytes, 0)
  return Math.min(Math.max(leastAheadBytes, (2_000 * bytes) / recentMs), mostAheadBytes)
}

export function contestantOf(
  room: SamplingRoom,
  peer: Sampled,
  session: Session,
  ask: Ask,
  over: () => boolean,
): Contestant {
  let bytes = 0
  return {
    address: peer.key,
    host: room.host,
    // A block by itself says nothing about the rate.
    samples: () => [...peer.samples, ...session.unfinished()].filter(({ offset }) => offset === undefined),
    received: () => session.record.payloadBytes,
    async take(until) {
      const end = new AbortController()
      const signal = AbortSignal.any([until, end.signal])
      const running = new Set<Promise<void>>()
      while (!over() && !signal.aborted) {
        const ahead = Math.ceil(bytesAhead(peer.samples, room.now()) / room.pieceBytes) + 1
        const share = () => bytes + running.size * room.pieceBytes < room.goodputBytes
        while (running.size < ahead && share() && room.affords(room.pieceBytes)) {
          const piece = room.plan.planned(peer) ?? room.plan.any(peer)
          if (piece === null) break
          const one = ask({ piece, part: "whole" }, signal).then((sample) => {
            running.delete(one)
            bytes += sample.bytes
            const calledOff = signal.aborted && sample.failure?.code === "aborted"
            if (calledOff) room.plan.calledOff(peer, piece)
            else if (sample.verified !== true || bytes >= room.goodputBytes) end.abort()
          })
          running.add(one)
        }
        if (running.size > 0) await Promise.race(running)
        else end.abort()
      }
      await Promise.all(running)
      return !end.signal.aborted && !over()
    },
  }
}
