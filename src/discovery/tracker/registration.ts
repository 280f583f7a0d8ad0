/** Us at one tracker over one address family, from `started` to `stopped`. */
import type { Announce, Endpoint, Family, Tracker } from "../../evidence.ts"
import { limits } from "../../limits.ts"
import { answerKey, stillValid, type StoredAnswer } from "../answers.ts"
import { isPassing, isWebSocket, type TrackerChannel } from "./channel.ts"
import type { OwnAtTracker } from "./own-endpoints.ts"
import { announceRecord } from "./records.ts"
import { isSpoken, type AnnounceEvent } from "./reply.ts"
import type { Run } from "./run.ts"

export interface Registration {
  readonly family: Family
  readonly channel: TrackerChannel
  /** The tracker counts us. */
  readonly accepted: boolean
  /** The tracker's machine answered in this run, be it with a refusal: worth asking more. */
  readonly spoke: boolean
  readonly gavePeers: boolean
  /** Not asked yet, or in vain for a reason that may be over in a moment. */
  readonly mayYetAnswer: boolean
  readonly dueMs: number
  /** `oneTryMs` as in `TrackerChannel`. */
  open(signal: AbortSignal, oneTryMs: number | null): Promise<void>
  renew(signal: AbortSignal): Promise<void>
  /** For the next run; after the scrape, which belongs to it. */
  remember(): void
  /** This endpoint is ourselves: the next run must not take it for a peer. */
  forget(endpoint: Endpoint): void
  leave(signal: AbortSignal): Promise<void>
}

export interface RegistrationOptions {
  run: Run
  url: string
  family: Family
  channel: TrackerChannel
  own: OwnAtTracker
  record: Tracker
  /** At this tracker, all families. */
  acceptedCount: () => number
}

export function createRegistration(options: RegistrationOptions): Registration {
  const { run, url, family, channel, own, record, acceptedCount } = options
  const { question, key, timing } = run
  const { network, answers } = question
  const memoryKey = answerKey(question.infoHash, url, family)
  const webSocket = isWebSocket(record.protocol)
  const countOf = (peers: readonly Endpoint[]) => (webSocket ? null : peers.length)
  let accepted = false
  /** An announce may have been heard, but we know no answer. */
  let perhapsAccepted = false
  let spoke = false
  let gavePeers = false
  let mayYetAnswer = true
  let dueMs = Infinity
  let waitMs: number = limits.tracker.defaultIntervalMs
  let announces = 0
  let trackerId: Uint8Array | null = null
  let latest: { announce: Announce; peers: Endpoint[]; againMs: number; worthKeeping: boolean } | null = null
  let kept: StoredAnswer | null = null

  async function announce(event: AnnounceEvent, signal: AbortSignal, oneTryMs: number | null): Promise<void> {
    const { infoHash, peerId, leftBytes } = question
    // A WebSocket tracker lists WebRTC peers only: we ask for none.
    const numwant = event === "stopped" || webSocket ? 0 : limits.tracker.numwant
    const asked = { ...run.stamp(), family, event, numwant }
    const room = () => run.room()
    const request = { infoHash, peerId, port: run.port, leftBytes, event, numwant, key, trackerId, room }
    const answer = await channel.announce(request, signal, oneTryMs)
    const { reply } = answer
    if (reply.ok) {
      accepted = event !== "stopped"
      perhapsAccepted = false
      trackerId = reply.value.trackerId ?? trackerId
      if (event !== "stopped") {
        own.learn(reply.value)
        run.dropped(reply.value.droppedPeers)
      }
    }
    // Over a WebSocket it ends with the connection, which is closed whatever is said to `stopped`.
    if (webSocket && event === "stopped") accepted = false
    perhapsAccepted ||= answer.unread
    const named = reply.ok ? own.others(reply.value.peers) : []
    const made = announceRecord(answer, { ...asked, selfCount: acceptedCount(), peerCount: countOf(named) })
    record.announces.push(made)
    if (event === "stopped") return

    const peers = run.kept(named)
    spoke = isSpoken(reply)
    mayYetAnswer = !reply.ok && isPassing(reply.failure)
    announces++
    if (reply.ok) waitMs = reply.value.minIntervalMs ?? reply.value.intervalMs ?? waitMs
    // A tracker that never accepted us is asked again only if it said when (BEP 31).
    const retryInMs = reply.ok ? null : reply.retryInMs
    const againMs = retryInMs ?? (accepted ? waitMs : Infinity)
    dueMs = announces < limits.tracker.maxAnnounces ? network.now() + againMs : Infinity
    latest = { announce: made, peers, againMs, worthKeeping: reply.ok || retryInMs !== null }
    if (reply.ok) give(peers, asked.at)
  }

  function give(peers: Endpoint[], at: string): void {
    gavePeers ||= peers.length > 0
    run.emit({ kind: "tracker", via: record.url, at, peers })
  }

  function reuse(stored: StoredAnswer, now: Date): void {
    const { announce, scrape, askedAt, notBefore } = stored
    const peers = own.othersOfBefore(stored.peers, stored.port)
    kept = stored
    mayYetAnswer = false
    dueMs = network.now() + Date.parse(notBefore) - now.getTime()
    record.announces.push({ ...recounted(announce, peers), family, atMs: 0, reused: true })
    record.scrape ??= scrape && { ...scrape, atMs: 0 }
    if (announce.ok) give(peers, askedAt)
  }

  return {
    family,
    channel,
    get accepted() {
      return accepted
    },
    get spoke() {
      return spoke
    },
    get gavePeers() {
      return gavePeers
    },
    get dueMs() {
      return dueMs
    },
    get mayYetAnswer() {
      return mayYetAnswer
    },
    async open(signal, oneTryMs) {
      const now = network.date()
      const stored = stillValid(answers.recall(memoryKey), now)
      if (stored) reuse(stored, now)
      else await announce("started", signal, oneTryMs)
    },
    async renew(signal) {
      await announce(accepted ? "update" : "started", signal, null)
    },
    remember() {
      if (!latest?.worthKeeping) return
      const { announce, againMs } = latest
      const peers = own.others(latest.peers)
      const { scrape: latestScrape } = record
      const whole = latestScrape?.family === family && latestScrape.failure?.code !== "aborted"
      const scrape = whole ? latestScrape : null
      const notBefore = new Date(Date.parse(announce.at) + Math.min(againMs, limits.tracker.maxIntervalMs))
      kept = {
        announce: recounted(announce, peers),
        scrape,
        peers,
        port: run.port,
        askedAt: announce.at,
        notBefore: notBefore.toISOString(),
      }
      answers.remember(memoryKey, kept)
    },
    forget(endpoint) {
      if (!kept?.peers.includes(endpoint)) return
      const peers = kept.peers.filter((peer) => peer !== endpoint)
      kept = { ...kept, announce: recounted(kept.announce, peers), peers }
      answers.remember(memoryKey, kept)
    },
    async leave(signal) {
      if (accepted || perhapsAccepted) await announce("stopped", signal, timing.stoppedMs)
    },
  }
}

/** Null stays null: that reply named nobody. */
const recounted = (announce: Announce, peers: readonly Endpoint[]): Announce => ({
  ...announce,
  peerCount: announce.peerCount === null ? null : peers.length,
})
