/** Peers that may have the metadata: who is asked next, who once more, and who never again. */
import type { EncryptionPolicy, Endpoint } from "../evidence.ts"
import { limits } from "../limits.ts"
import { neighbourhood, parseEndpoint } from "../torrent/endpoint.ts"
import { plain, type Way } from "../wire/dial.ts"
import type { MetadataDial, MetadataFetch, MetadataTry } from "../wire/metadata.ts"
import { nextWay, wayOf } from "./ways.ts"

export interface Candidate {
  readonly address: Endpoint
  readonly host: string
  attempts: number
  /** When it may be asked (again). */
  dueMs: number
  /** Every dial so far. */
  readonly tried: MetadataTry[]
}

export interface Candidates {
  /** Not asked now: new ones, and those that get another chance. */
  readonly waiting: number
  /** Addresses that there was no room for. */
  readonly left: number
  offer(address: Endpoint, nowMs: number): void
  /** Takes the best one that is due and whose host is free. */
  take(nowMs: number, isBusy: IsBusy): Candidate | null
  /** `take` would take somebody. */
  isDue(nowMs: number, isBusy: IsBusy): boolean
  /** Who might be taken, were they all free. */
  due(nowMs: number): Endpoint[]
  /** When the next one is due; Infinity: none. */
  nextDueMs(): number
  putBack(candidate: Candidate, fetch: MetadataFetch, nowMs: number): void
  /** By which way it shook hands; null: it was not met. */
  wayOf(address: Endpoint): Way | null
  /** By which way it is dialled now. */
  dialOf(candidate: Candidate): MetadataDial
}

export type IsBusy = (host: string, address: Endpoint) => boolean

export interface CandidateWays {
  readonly policy: EncryptionPolicy
  /** Whether a socket for uTP is open in the family of that address. */
  readonly overUtp: (address: Endpoint) => boolean
}

/** One IPv4 address, one IPv6 /56; on loopback every port is a host of its own. */
export const hostKey = (address: Endpoint): string =>
  neighbourhood(parseEndpoint(address)?.host ?? "") ?? address

const tcpAlone: CandidateWays = { policy: "off", overUtp: () => false }

export function createCandidates(
  retryMs: number,
  lackingMs: number,
  { policy, overUtp }: CandidateWays = tcpAlone,
): Candidates {
  const known = new Set<Endpoint>()
  const ways = new Map<Endpoint, Way>()
  /** Wrong metadata, by host: its other ports wait until nobody else does. */
  const lies = new Map<string, number>()
  const queue: Candidate[] = []
  let left = 0

  const rank = ({ host, attempts }: Candidate): number =>
    (lies.get(host) ?? 0) * limits.metadata.maxAttempts + attempts

  /** Null: every way was tried. */
  const planFor = ({ address, tried }: Candidate) =>
    nextWay({ policy, utp: overUtp(address), flags: 0, tried, said: false })

  function next(nowMs: number, isBusy: IsBusy): Candidate | null {
    let best: Candidate | null = null
    for (const candidate of queue)
      if (
        candidate.dueMs <= nowMs &&
        (best === null || rank(candidate) < rank(best)) &&
        !isBusy(candidate.host, candidate.address)
      )
        best = candidate
    return best
  }

  return {
    get waiting() {
      return queue.length
    },
    get left() {
      return left
    },
    offer(address, nowMs) {
      if (known.has(address)) return
      if (known.size >= limits.metadata.maxCandidates) {
        left++
        return
      }
      known.add(address)
      queue.push({ address, host: hostKey(address), attempts: 0, dueMs: nowMs, tried: [] })
    },
    due: (nowMs) => queue.flatMap(({ address, dueMs }) => (dueMs <= nowMs ? [address] : [])),
    isDue: (nowMs, isBusy) => next(nowMs, isBusy) !== null,
    take(nowMs, isBusy) {
      const best = next(nowMs, isBusy)
      if (best !== null) queue.splice(queue.indexOf(best), 1)
      return best
    },
    nextDueMs: () => queue.reduce((least, { dueMs }) => Math.min(least, dueMs), Infinity),
    putBack(candidate, fetch, nowMs) {
      const { outcome } = fetch
      candidate.tried.push(...fetch.tried)
      const agreed = fetch.tried.findLast(({ ok }) => ok)
      if (agreed) ways.set(candidate.address, wayOf(agreed))
      if (!outcome.ok && outcome.failure.code === "hash-mismatch")
        lies.set(candidate.host, (lies.get(candidate.host) ?? 0) + 1)
      const hasWay = fetch.tried.length > 0 && planFor(candidate)?.later === false
      const pauseMs = pauseAfter(fetch, { attempts: candidate.attempts, hasWay, retryMs, lackingMs })
      // Giving way to others is no failure of its own.
      const gaveWay = !outcome.ok && outcome.failure.code === "budget"
      const isLast = candidate.attempts >= limits.metadata.maxAttempts && !hasWay && !gaveWay
      if (pauseMs === null || isLast) return
      candidate.dueMs = nowMs + pauseMs
      queue.push(candidate)
    },
    wayOf: (address) => ways.get(address) ?? null,
    dialOf(candidate) {
      const agreed = ways.get(candidate.address)
      if (agreed) return { way: agreed, beside: null }
      return planFor(candidate) ?? { way: plain, beside: null }
    },
  }
}

/** Null: never again. Who lied or speaks something else will do the same again; who could not be reached has other ways left, or not. */
function pauseAfter(
  { outcome, connected, lacking }: MetadataFetch,
  {
    attempts,
    hasWay,
    retryMs,
    lackingMs,
  }: { attempts: number; hasWay: boolean; retryMs: number; lackingMs: number },
): number | null {
  if (outcome.ok) return null
  if (lacking) return lackingMs
  const { code } = outcome.failure
  if (code === "budget") return retryMs
  if (code === "rejected" || (code === "timeout" && connected)) return lackingMs
  return hasWay ? retryMs * 2 ** (attempts - 1) : null
}
