/** What is known while evidence is gathered, for whoever wants to draw it. */
import type { Progress, Torrent, Tracker } from "../evidence.ts"
import type { Probes } from "./probes.ts"
import type { SamplingPlan } from "./sampling.ts"

export function progressOf(state: {
  now: number
  timeoutMs: number
  torrent: Torrent
  phase: Progress["phase"]
  trackers: readonly Tracker[]
  probes: Probes
  plan: SamplingPlan
  payloadBytes: number
}): Progress {
  const { now, timeoutMs, torrent, phase, trackers, probes, plan, payloadBytes } = state
  const entries = [...probes.book.values()]
  const failed = (code: string) =>
    entries.filter(({ attempts }) => attempts.at(-1)?.failure?.code === code).length
  const fromTrackers = entries.filter(({ sources }) => sources.some(({ kind }) => kind === "tracker")).length
  return {
    now,
    timeoutMs,
    name: torrent.name,
    sizeBytes: torrent.sizeBytes,
    phase,
    trackers: {
      answered: trackers.filter(({ announces, scrape }) => scrape?.ok || announces.some(({ ok }) => ok))
        .length,
      total: trackers.length,
      peers: fromTrackers,
    },
    peers: {
      known: entries.length,
      dialled: entries.filter(({ attempts }) => attempts.length > 0).length,
      handshaken: entries.filter(({ visits }) => visits.some(({ handshakeMs }) => handshakeMs !== null))
        .length,
      refused: failed("refused"),
      timedOut: failed("timeout"),
    },
    pieces: {
      verified: plan.verifiedCount(),
      wanted: plan.wanted,
      bytes: payloadBytes,
      bytesPerSecond: now > 0 ? (payloadBytes / now) * 1_000 : 0,
    },
  }
}
