import type { Peer } from "../../evidence.ts"
import type { Supply } from "./supply.ts"

/** Who takes longer unchokes in rounds, and we may have come at any moment of one. */
const atOnceMs = 1_500
/** The shortest round of any client that has them. */
const roundMs = 10_000
/** New connections that ordinary clients open in a second, roughly: libtorrent 30, Transmission 12 to 18. */
const dialsPerSecond = 20

/**
 * When a peer will begin to serve a client that is started now, from how it went with us: found by whatever told us of it,
 * dialled in its turn among `sighted`, handshaken, unchoked. Who unchoked us within 1.5 s of our interest does so at once.
 * Transmission took 3.3–9 s, anything up to its round of 10 s, and whoever is out of slots longer: another time it may be
 * at once or twice as long.
 */
export function startsOf(
  { sources, attempts, timeline }: Peer,
  startedAt: string,
  sighted: number,
): Supply["starts"] {
  const { connectMs, handshakeMs, bitfieldMs, unchokeMs, firstBlockMs } = timeline
  const named = sources.reduce(
    (first, { at }) => Math.min(first, Date.parse(at) - Date.parse(startedAt)),
    Infinity,
  )
  const cameMs = attempts.every(({ direction }) => direction === "incoming") ? (attempts[0]?.atMs ?? 0) : 0
  const foundMs = Math.max(0, Number.isFinite(named) ? named : 0, cameMs)
  const dialledMs = (sighted / dialsPerSecond) * 1_000
  const greetedMs = bitfieldMs ?? handshakeMs ?? connectMs ?? 0
  const waitedMs = Math.max(0, (unchokeMs ?? firstBlockMs ?? 0) - greetedMs)
  const inRounds = waitedMs > atOnceMs
  return {
    earliest: greetedMs,
    usual: foundMs + dialledMs / 2 + greetedMs + (inRounds ? Math.max(roundMs / 2, waitedMs) : waitedMs),
    latest: foundMs + dialledMs + greetedMs + (inRounds ? Math.max(roundMs, 2 * waitedMs) : 2 * waitedMs),
  }
}
