/** Peers that may have the metadata: who is asked next, who once more, and who never again. */
import type { Endpoint } from "../evidence.ts"
import { limits } from "../limits.ts"
import { neighbourhood, parseEndpoint } from "../torrent/endpoint.ts"
import type { MetadataFetch } from "../wire/metadata.ts"

export interface Candidate {
  readonly address: Endpoint
  readonly host: string
  attempts: number
  /** When it may be asked (again). */
  dueMs: number
}

export interface Candidates {
  /** Not asked now: new ones, and those that get another chance. */
  readonly waiting: number
  /** Addresses that there was no room for. */
  readonly left: number
  offer(address: Endpoint, nowMs: number): void
  /** Takes the best one that is due and whose host is free. */
  take(nowMs: number, isBusy: (host: string) => boolean): Candidate | null
  /** `take` would take somebody. */
  isDue(nowMs: number, isBusy: (host: string) => boolean): boolean
  /** When the next one is due; Infinity: none. */
  nextDueMs(): number
  putBack(candidate: Candidate, fetch: MetadataFetch, nowMs: number): void
}

/** One IPv4 address, one IPv6 /56; on loopback every port is a host of its own. */
export const hostKey = (address: Endpoint): string =>
  neighbourhood(parseEndpoint(address)?.host ?? "") ?? address

export function createCandidates(retryMs: number, lackingMs: number): Candidates {
  const known = new Set<Endpoint>()
  /** Wrong metadata, by host: its other ports wait until nobody else does. */
  const lies = new Map<string, number>()
  const queue: Candidate[] = []
  let left = 0

  const rank = ({ host, attempts }: Candidate): number =>
    (lies.get(host) ?? 0) * limits.metadata.maxAttempts + attempts

  function next(nowMs: number, isBusy: (host: string) => boolean): Candidate | null {
    let best: Candidate | null = null
    for (const candidate of queue)
      if (
        candidate.dueMs <= nowMs &&
        (best === null || rank(candidate) < rank(best)) &&
        !isBusy(candidate.host)
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
      queue.push({ address, host: hostKey(address), attempts: 0, dueMs: nowMs })
    },
    isDue: (nowMs, isBusy) => next(nowMs, isBusy) !== null,
    take(nowMs, isBusy) {
      const best = next(nowMs, isBusy)
      if (best !== null) queue.splice(queue.indexOf(best), 1)
      return best
    },
    nextDueMs: () => queue.reduce((least, { dueMs }) => Math.min(least, dueMs), Infinity),
    putBack(candidate, fetch, nowMs) {
      const { outcome } = fetch
      if (!outcome.ok && outcome.failure.code === "hash-mismatch")
        lies.set(candidate.host, (lies.get(candidate.host) ?? 0) + 1)
      const pauseMs = pauseAfter(fetch, candidate.attempts, retryMs, lackingMs)
      // Giving way to others is no failure of its own.
      const gaveWay = !outcome.ok && outcome.failure.code === "budget"
      if (pauseMs === null || (candidate.attempts >= limits.metadata.maxAttempts && !gaveWay)) return
      candidate.dueMs = nowMs + pauseMs
      queue.push(candidate)
    },
  }
}

/** Null: never again. Who could not be reached, lied, or speaks something else will do the same again. */
function pauseAfter(
  { outcome, connected, lacking }: MetadataFetch,
  attempts: number,
  retryMs: number,
  lackingMs: number,
): number | null {
  if (outcome.ok) return null
  if (lacking) return lackingMs
  switch (outcome.failure.code) {
    case "budget":
      return retryMs
    case "closed":
    case "reset":
      return retryMs * 2 ** (attempts - 1)
    case "rejected":
      return lackingMs
    case "timeout":
      return connected ? lackingMs : null
    default:
      return null
  }
}
