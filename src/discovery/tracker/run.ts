/** What all trackers of one run share. */
import type { CapName, Endpoint } from "../../evidence.ts"
import { limits } from "../../limits.ts"
import type { TrackerTiming } from "./channel.ts"
import { createFanIn, type FanIn } from "./fan-in.ts"
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
  readonly fanIn: FanIn
  readonly capsHit: readonly CapHit[]
  stamp(): { at: string; atMs: number }
  emit(observation: Observation): void
  /** Peers of one reply beyond our cap. */
  dropped(count: number): void
  /** Peers that one more reply may name, as it stands now. */
  room(): number
  /** As many of a reply's as we asked for; beyond that all trackers together may name so many. */
  kept(peers: readonly Endpoint[]): Endpoint[]
}

export function createRun(question: TrackerQuestion, emit: (observation: Observation) => void): Run {
  const { network } = question
  const port = question.port ?? phantomPort
  const capsHit: CapHit[] = []
  const atMs = () => Math.max(0, network.now() - question.startedMs)
  /** One text for a peer, however many trackers name it. */
  const beyond = new Map<Endpoint, Endpoint>()

  function ofAll(peer: Endpoint): Endpoint | null {
    if (beyond.size < limits.tracker.maxPeersInAll && !beyond.has(peer)) beyond.set(peer, peer)
    return beyond.get(peer) ?? null
  }

  function dropped(count: number): void {
    if (count > 0) capsHit.push({ cap: "tracker-peers", atMs: atMs(), dropped: count })
  }

  return {
    question,
    timing: question.timing ?? defaultTiming,
    key: Buffer.from(network.randomBytes(4)).readUInt32BE(0),
    port,
    own: createOwnEndpoints(port, network),
    fanIn: createFanIn(),
    capsHit,
    stamp: () => ({ at: network.date().toISOString(), atMs: atMs() }),
    emit,
    dropped,
    room: () => limits.tracker.numwant + limits.tracker.maxPeersInAll - beyond.size,
    kept(peers) {
      const { numwant } = limits.tracker
      const kept = peers.flatMap((peer, i) => (i < numwant ? peer : (ofAll(peer) ?? [])))
      dropped(peers.length - kept.length)
      return kept
    },
  }
}
