/**
 * Addresses where nothing answered: a dial that never opened says the same about every torrent, so that it is not repeated for each
 * of them. Whoever is there is dialled once a minute at most, whichever audits want to.
 */
import type { Endpoint } from "../../evidence.ts"
import type { Failure } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Way } from "../../wire/dial.ts"

/** A dial that another audit made. */
export interface Silence {
  readonly failure: Failure
  /** On the network's clock. */
  readonly atMs: number
  readonly ms: number
}

/** One audit's part of it. */
export interface Silences {
  /** What another audit's dial of it came to within the last minute. */
  of(at: Endpoint, transport: Way["transport"]): Silence | null
  note(at: Endpoint, transport: Way["transport"], silence: Silence): void
  /** Somebody answers there. */
  clear(at: Endpoint): void
}

const mostKept = 10_000

export function createSilences(now: () => number): { join(): Silences } {
  const kept = new Map<string, Silence & { by: Silences }>()
  const keyOf = (at: Endpoint, transport: Way["transport"]) => `${transport} ${at}`
  return {
    join() {
      const self: Silences = {
        of(at, transport) {
          const silence = kept.get(keyOf(at, transport))
          if (silence === undefined || silence.by === self) return null
          return now() - silence.atMs < limits.contact.silentMs ? silence : null
        },
        note(at, transport, silence) {
          kept.delete(keyOf(at, transport))
          kept.set(keyOf(at, transport), { ...silence, by: self })
          const [oldest] = kept.keys()
          if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest)
        },
        clear(at) {
          for (const transport of ["tcp", "utp"] as const) kept.delete(keyOf(at, transport))
        },
      }
      return self
    },
  }
}
