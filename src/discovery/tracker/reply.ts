/** What both tracker protocols say, in one shape; and how hostile numbers and texts become safe values. */
import type { Endpoint } from "../../evidence.ts"
import { failure, type Failure, type FailureCode } from "../../failure.ts"
import { limits } from "../../limits.ts"

export type AnnounceEvent = "started" | "update" | "stopped"

export interface AnnounceRequest {
  infoHash: Uint8Array
  peerId: Uint8Array
  port: number
  leftBytes: number
  event: AnnounceEvent
  numwant: number
  /** BEP 7: proves to the tracker that two addresses are one client. 32 bits. */
  key: number
  trackerId: Uint8Array | null
  /** Asked when the reply is there: so many peers are taken of it. Absent: as many as of any reply. */
  room?: () => number
}

export interface Counts {
  seeders: number | null
  leechers: number | null
  downloads: number | null
}

export interface AnnounceReply extends Counts {
  intervalMs: number | null
  minIntervalMs: number | null
  /** Distinct. */
  peers: Endpoint[]
  /** Beyond our cap, never decoded. */
  droppedPeers: number
  /** Entries that carry our own peer id: only uncompacted lists have ids. */
  ownPeers: Endpoint[]
  /** BEP 24: our address as the tracker sees it. */
  externalHost: string | null
  warning: string | null
  trackerId: Uint8Array | null
}

/** BEP 31: `retryInMs` is the tracker's own wish, Infinity for `never`. */
export interface Refusal {
  ok: false
  failure: Failure
  retryInMs: number | null
}

export type Reply<T> = { ok: true; value: T } | Refusal

/** A reply and what it took: `ms` from the first packet to the last byte, null when nothing was sent. */
export interface Answer<T> {
  reply: Reply<T>
  ms: number | null
  tries: number
  /** At least one try may have been heard, and we read no answer to it: an announce then may count all the same. */
  unread: boolean
}

/** One tracker at one address family. Neither method ever rejects. */
export interface Channel {
  announce(request: AnnounceRequest, signal: AbortSignal): Promise<Answer<AnnounceReply>>
  scrape(infoHash: Uint8Array, signal: AbortSignal): Promise<Answer<Counts>>
  close(): void
}

export const accept = <T>(value: T): Reply<T> => ({ ok: true, value })

export const refuse = (
  code: FailureCode,
  detail: string | null = null,
  retryInMs: number | null = null,
): Refusal => ({ ok: false, failure: failure(code, detail), retryInMs })

const spokenFailures = new Set(["tracker-refused", "bad-reply", "bad-bencode", "bad-encoding", "http-status"])

/** Whether the tracker itself answered, be it with a refusal or nonsense. */
export const isSpoken = (reply: Reply<unknown>): boolean => reply.ok || spokenFailures.has(reply.failure.code)

const unheardFailures = new Set<FailureCode>([
  ...(["refused", "unreachable", "dns", "tls", "filtered", "no-socket", "proxy", "bad-redirect"] as const),
  "tracker-refused",
])

/** Whether the tracker may have done what a request that left us asked for, although its reply doesn't say so. */
export const mayHaveCounted = (reply: Reply<unknown>): boolean =>
  !reply.ok &&
  !unheardFailures.has(reply.failure.code) &&
  !(reply.failure.code === "http-status" && reply.failure.detail?.startsWith("HTTP 4"))

/** UDP's counts are 32-bit signed (BEP 15): nothing larger is a number of peers, whatever bencode can hold. */
const maxCount = 2 ** 31 - 1

export const toCount = (value: unknown): number | null =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= maxCount ? value : null

/** Seconds to ms within our limits; null for what is no duration, 0 included. */
export const toIntervalMs = (seconds: unknown): number | null =>
  typeof seconds === "number" && Number.isFinite(seconds) && seconds > 0
    ? Math.min(limits.tracker.maxIntervalMs, Math.max(limits.tracker.minIntervalMs, seconds * 1000))
    : null

const ipv4 = /(?<!\d)\d{1,3}(?:\.\d{1,3}){3}(?!\d)/g
const ipv6 = /\[?(?<![0-9a-z:])(?:[0-9a-f]{0,4}:){2,}[0-9a-f.]*\]?/gi
/** What looks like a passkey or a hash: a long run that mixes letters and digits. */
const secret = /(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])[A-Za-z0-9_-]{16,}/g
const unprintable = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]+/gu

/** A tracker's sentence, made fit to be kept: one line, bounded, without addresses (maybe ours) and passkeys. */
export function toReason(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, 4 * limits.tracker.maxReasonLength))
  const safe = text
    .replace(unprintable, " ")
    .replace(ipv4, "<address>")
    .replace(ipv6, "<address>")
    .replace(secret, "***")
    .replace(/ +/g, " ")
    .trim()
  return safe.slice(0, limits.tracker.maxReasonLength).toWellFormed()
}

/** Of one reply. */
export const roomIn = ({ room }: Pick<AnnounceRequest, "room">): number =>
  Math.min(limits.tracker.maxPeersPerReply, room?.() ?? Infinity)

/** Bounded and distinct, in order; `dropped` is how many distinct ones did not fit. */
export function distinctPeers(
  peers: readonly Endpoint[],
  cap: number,
): { peers: Endpoint[]; dropped: number } {
  const all = [...new Set(peers)]
  return { peers: all.slice(0, cap), dropped: Math.max(0, all.length - cap) }
}
