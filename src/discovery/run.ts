/** What all trackers of one run share. */
import type { CapName, Endpoint } from "../evidence.ts"
import { limits } from "../limits.ts"
import { addressKind, formatEndpoint, parseEndpoint } from "../torrent/endpoint.ts"
import type { TrackerTiming } from "./channel.ts"
import type { AnnounceReply } from "./reply.ts"
import type { Observation } from "./source.ts"
import type { TrackerQuestion } from "./tracker.ts"

export const defaultTiming: TrackerTiming = {
  httpTotalMs: limits.tracker.httpTotalMs,
  httpPausesMs: limits.tracker.httpPausesMs,
  stoppedMs: limits.tracker.stoppedMs,
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
  readonly self: readonly Endpoint[]
  readonly capsHit: readonly CapHit[]
  stamp(): { at: string; atMs: number }
  emit(observation: Observation): void
  /** Takes what a reply says about ourselves and about caps. */
  learn(reply: AnnounceReply): void
  isSelf(peer: Endpoint): boolean
}

/**
 * Nobody listens there (tcpmux): for a run that does not listen. Trackers refuse 0, and any other port would send peers to
 * somebody.
 */
const phantomPort = 1

const maxSelf = 32

export function createRun(question: TrackerQuestion, emit: (observation: Observation) => void): Run {
  const { network } = question
  const port = question.port ?? phantomPort
  const self: Endpoint[] = []
  const capsHit: CapHit[] = []
  const localHosts = network.localHosts()
  const atMs = () => Math.max(0, network.now() - question.startedMs)

  const add = (endpoint: Endpoint) => {
    if (!self.includes(endpoint) && self.length < maxSelf) self.push(endpoint)
  }

  /** On this machine, our port is ours. */
  const isHere = (peer: Endpoint) => {
    const parsed = parseEndpoint(peer)
    if (parsed === null || parsed.port !== port) return false
    return addressKind(parsed.host) === "loopback" || localHosts.includes(parsed.host)
  }

  return {
    question,
    timing: question.timing ?? defaultTiming,
    key: Buffer.from(network.randomBytes(4)).readUInt32BE(0),
    port,
    self,
    capsHit,
    stamp: () => ({ at: network.date().toISOString(), atMs: atMs() }),
    emit,
    learn({ externalHost, ownPeers, peers, droppedPeers }) {
      if (externalHost !== null) add(formatEndpoint(externalHost, port))
      ownPeers.forEach(add)
      peers.filter(isHere).forEach(add)
      if (droppedPeers > 0) capsHit.push({ cap: "tracker-peers", atMs: atMs(), dropped: droppedPeers })
    },
    isSelf: (peer) => self.includes(peer) || isHere(peer),
  }
}
