/** Us at one tracker over one address family, from `started` to `stopped`. */
import type { Announce, Endpoint, Family, Tracker } from "../evidence.ts"
import { failure } from "../failure.ts"
import { limits } from "../limits.ts"
import { answerKey, stillValid, type StoredAnswer } from "./answers.ts"
import { withDeadline } from "./deadline.ts"
import { announceRecord, unasked } from "./records.ts"
import {
  isSpoken,
  type AnnounceEvent,
  type AnnounceReply,
  type AnnounceRequest,
  type Answer,
  type Channel,
} from "./reply.ts"
import type { Run } from "./run.ts"

export interface Registration {
  readonly family: Family
  readonly channel: Channel
  /** The tracker counts us. */
  readonly accepted: boolean
  /** The tracker's machine answered in this run, be it with a refusal: worth asking more. */
  readonly spoke: boolean
  readonly gavePeers: boolean
  readonly dueMs: number
  open(signal: AbortSignal): Promise<void>
  renew(signal: AbortSignal): Promise<void>
  /** For the next run; after the scrape, which belongs to it. */
  remember(): void
  leave(signal: AbortSignal): Promise<void>
}

export interface RegistrationOptions {
  run: Run
  url: string
  family: Family
  channel: Channel
  record: Tracker
  /** At this tracker, all families. */
  acceptedCount: () => number
}

export function createRegistration(options: RegistrationOptions): Registration {
  const { run, url, family, channel, record, acceptedCount } = options
  const { question, key, timing } = run
  const { network, answers } = question
  const memoryKey = answerKey(question.infoHash, url, family)
  let accepted = false
  let spoke = false
  let gavePeers = false
  let dueMs = Infinity
  let waitMs: number = limits.tracker.defaultIntervalMs
  let announces = 0
  let trackerId: Uint8Array | null = null
  let latest: { announce: Announce; peers: Endpoint[]; againMs: number; worthKeeping: boolean } | null = null

  async function announce(event: AnnounceEvent, signal: AbortSignal): Promise<Answer<AnnounceReply>> {
    const { infoHash, peerId, leftBytes } = question
    const numwant = event === "stopped" ? 0 : limits.tracker.numwant
    const asked = { ...run.stamp(), family, event, numwant }
    const request = { infoHash, peerId, port: run.port, leftBytes, event, numwant, key, trackerId }
    const answer = await (event === "stopped" ? briefly(request, signal) : channel.announce(request, signal))
    const { reply } = answer
    if (reply.ok) {
      accepted = event !== "stopped"
      trackerId = reply.value.trackerId ?? trackerId
      if (event !== "stopped") run.learn(reply.value)
    }
    const peers = reply.ok ? others(reply.value.peers) : []
    const made = announceRecord(answer, { ...asked, selfCount: acceptedCount(), peerCount: peers.length })
    record.announces.push(made)
    if (event === "stopped") return answer

    spoke = isSpoken(reply)
    announces++
    if (reply.ok) waitMs = reply.value.minIntervalMs ?? reply.value.intervalMs ?? waitMs
    // A tracker that never accepted us is asked again only if it said when (BEP 31).
    const retryInMs = reply.ok ? null : reply.retryInMs
    const againMs = retryInMs ?? (accepted ? waitMs : Infinity)
    dueMs = announces < limits.tracker.maxAnnounces ? network.now() + againMs : Infinity
    latest = { announce: made, peers, againMs, worthKeeping: reply.ok || retryInMs !== null }
    if (reply.ok) give(peers, asked.at)
    return answer
  }

  async function briefly(request: AnnounceRequest, signal: AbortSignal): Promise<Answer<AnnounceReply>> {
    let answer: Answer<AnnounceReply> = unasked(failure("aborted"))
    const outcome = await withDeadline(network, timing.stoppedMs, signal, async (signal) => {
      answer = await channel.announce(request, signal)
      return answer.reply
    })
    return outcome.ok ? answer : { ...answer, reply: { retryInMs: null, ...outcome } }
  }

  function give(peers: Endpoint[], at: string): void {
    gavePeers ||= peers.length > 0
    run.emit({ kind: "tracker", via: record.url, at, peers })
  }

  function reuse({ announce, scrape, peers, askedAt, notBefore }: StoredAnswer, now: Date): void {
    dueMs = network.now() + Date.parse(notBefore) - now.getTime()
    record.announces.push({ ...announce, family, atMs: 0, reused: true })
    record.scrape ??= scrape && { ...scrape, atMs: 0 }
    if (announce.ok) give(others(peers), askedAt)
  }

  const others = (peers: readonly Endpoint[]) => peers.filter((peer) => !run.isSelf(peer))

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
    async open(signal) {
      const now = network.date()
      const stored = stillValid(answers.recall(memoryKey), now)
      if (stored) reuse(stored, now)
      else await announce("started", signal)
    },
    async renew(signal) {
      await announce(accepted ? "update" : "started", signal)
    },
    remember() {
      if (!latest?.worthKeeping) return
      const { announce, peers, againMs } = latest
      const { scrape: latestScrape } = record
      const whole = latestScrape?.family === family && latestScrape.failure?.code !== "aborted"
      const scrape = whole ? latestScrape : null
      const notBefore = new Date(Date.parse(announce.at) + Math.min(againMs, limits.tracker.maxIntervalMs))
      answers.remember(memoryKey, {
        announce,
        scrape,
        peers,
        askedAt: announce.at,
        notBefore: notBefore.toISOString(),
      })
    },
    async leave(signal) {
      if (accepted) await announce("stopped", signal)
    },
  }
}
