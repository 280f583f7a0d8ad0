/** One peer while its goodput is measured: it takes pieces, pauses when others are tried, and ends. */
import type { Endpoint, Sample, Span } from "../evidence.ts"
import { createMeter, type Meter } from "./meter.ts"

/** A peer that gives pieces, as far as timing it needs to know. */
export interface Contestant {
  readonly address: Endpoint
  /** Peers of one host, or of one IPv6 /56, may share an uplink; null where that says nothing. */
  readonly host: string | null
  /** What it gave so far, pieces that are still on their way included. */
  samples(): readonly Sample[]
  /** Payload bytes so far. */
  received(): number
  /** Keeps pieces asked for until the signal comes. False when there was nothing more to ask for. */
  take(signal: AbortSignal): Promise<boolean>
}

/** `again`: what it gave so far was not its own rate. */
export type MemberEnd = "measured" | "spent" | "again"

export interface Member {
  readonly contestant: Contestant
  readonly meter: Meter
  readonly joinedMs: number
  /** Pauses left out. */
  readonly runMs: number
  readonly state: "running" | "paused" | "over"
  /** Spans in which others slowed it. */
  readonly disturbed: Span[]
  readonly ended: Promise<MemberEnd>
  tick(ms: number): void
  pause(): void
  resume(): void
  end(how: MemberEnd): void
}

export function createMember(
  contestant: Contestant,
  { disturbed, now, signal }: { disturbed: Span[]; now: () => number; signal: AbortSignal },
): Member {
  const meter = createMeter(() => contestant.received(), now)
  const { promise: ended, resolve } = Promise.withResolvers<MemberEnd>()
  let state: Member["state"] = "running"
  let runMs = 0
  let segment = new AbortController()
  let last = Promise.resolve()

  /** Segments follow each other: the next begins when the last block of the one before is accounted for. */
  function run(): void {
    const own = segment.signal
    last = last.then(async () => {
      if (own.aborted) return
      const more = await contestant.take(AbortSignal.any([signal, own]))
      if (!more || signal.aborted) end("spent")
    })
  }

  function end(how: MemberEnd): void {
    if (state === "over") return
    state = "over"
    segment.abort()
    void last.then(() => resolve(how))
  }

  run()
  return {
    contestant,
    meter,
    joinedMs: now(),
    disturbed,
    ended,
    end,
    get state() {
      return state
    },
    get runMs() {
      return runMs
    },
    tick(ms) {
      runMs += ms
      meter.read()
    },
    pause() {
      if (state !== "running") return
      state = "paused"
      segment.abort()
    },
    resume() {
      if (state !== "paused") return
      state = "running"
      segment = new AbortController()
      run()
    },
  }
}

const generously = 3

/**
 * Bytes per second, judged by what it gave, and generously, since others may have slowed that. Who surely was slowed, or gave nothing
 * yet, waits to be alone: Infinity. Too much if it came from saved credit: no harm is done.
 */
export function expectedRate(contestant: Contestant, disturbances: number): number {
  const samples = contestant.samples()
  if (samples.length === 0 || disturbances > 0) return Infinity
  const rates = samples.map(
    ({ bytes, ms, progress }) => (bytes * 1_000) / Math.max(1, ms - (progress[0]?.[0] ?? 0)),
  )
  return generously * Math.max(...rates)
}
