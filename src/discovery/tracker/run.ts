/** What all trackers of one run share. */
import type { CapName } from "../../evidence.ts"
import { limits } from "../../limits.ts"
import type { TrackerTiming } from "./channel.ts"
import { createOwnEndpoints, phantomPort, type OwnEndpoints } from "./own-endpoints.ts"
import type { Observation } from "../source.ts"
import type { TrackerQuestion } from "../tracker.ts"

export const defaultTiming: TrackerTiming = {
  httpTotalMs: limits.tracker.httpTotalMs,
  httpPausesMs: limits.tracker.httpPausesMs,
  stoppedMs: limits.tracker.stoppedMs,
  briefMs: limits.tracker.briefMs,
  wsScrapeMs: limits.tracker.wsScrapeMs,
  canaryMs: limits.tracker.canaryMs,
  udp: {
    firstWaitMs: limits.tracker.udpFirstWaitMs,
    totalMs: limits.tracker.udpTotalMs,
    connectionIdMs: limits.tracker.udpConnectionIdMs,
  },
}

export interface CapHit {
  cap: CapName
  atMs: number
  dropped: number
}

export interface Run {
  readonly question: TrackerQuestion
  readonly timing: TrackerTiming
  readonly key: number
  /** What we announce. */
  readonly port: number
  readonly own: OwnEndpoints
  readonly capsHit: readonly CapHit[]
  stamp(): { at: string; atMs: number }
  emit(observation: Observation): void
  /** Peers of one reply beyond our cap. */
  dropped(count: number): void
}

export function createRun(question: TrackerQuestion, emit: (observation: Observation) => void): Run {
  const { network } = question
  const port = question.port ?? phantomPort
  const capsHit: CapHit[] = []
  const atMs = () => Math.max(0, network.now() - question.startedMs)

  return {
    question,
    timing: question.timing ?? defaultTiming,
    key: Buffer.from(network.randomBytes(4)).readUInt32BE(0),
    port,
    own: createOwnEndpoints(port, network),
    capsHit,
    stamp: () => ({ at: network.date().toISOString(), atMs: atMs() }),
    emit,
    dropped(count) {
      if (count > 0) capsHit.push({ cap: "tracker-peers", atMs: atMs(), dropped: count })
    },
  }
}
