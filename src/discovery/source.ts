import type { Endpoint, SourceKind } from "../evidence.ts"

/** One timed reply: who named these peers, and when. `via` may be shown: a masked URL, never a passkey. */
export interface Observation {
  kind: SourceKind
  via: string | null
  at: string
  peers: readonly Endpoint[]
  /** BEP 11, of PEX alone. */
  flags?: number
}

export interface Source {
  readonly name: SourceKind
  /** Yields replies as they arrive, until `signal` aborts or nothing more can come. */
  discover(signal: AbortSignal): AsyncIterable<Observation>
  /** Ends `discover`, leaves politely and frees every socket. Call it once, whatever happened. */
  farewell(signal: AbortSignal): Promise<void>
}
