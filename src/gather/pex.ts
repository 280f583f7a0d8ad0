/**
 * What peers tell of each other (BEP 11). One hop: who is known by PEX alone may confirm others, not introduce them, so that
 * liars can't send us from one to the next. Several speakers are kept for a while, since clients speak every 60 to 90 s.
 */
import type { CapName, Endpoint, Sighting } from "../evidence.ts"
import { limits, type Pace } from "../limits.ts"
import type { Network } from "../network.ts"
import type { PexMessage } from "../wire/pex.ts"
import type { Session } from "../wire/session.ts"
import type { Entry } from "./peer-book.ts"

export interface PexContext {
  readonly network: Network
  readonly signal: AbortSignal
  readonly pace: Pace
  /** ms since the run started. */
  readonly now: () => number
  readonly knows: (address: Endpoint) => boolean
  readonly sight: (peers: readonly Endpoint[], source: Sighting) => void
  readonly hit: (cap: CapName, dropped?: number) => void
  /** BEP 55: it is to be kept as a relay. */
  readonly isNeeded: (session: Session) => boolean
}

export interface Pex {
  /** Speakers that are kept now. */
  readonly listening: number
  hear(session: Session, message: PexMessage): void
  /** From now on it is known who speaks in this session. */
  introduce(session: Session, entry: Entry): void
  /** Keeps a speaker as long as it is wanted and may tell more, while there is room; who was listened to before, only as a relay. */
  listenTo(session: Session, isWanted: () => boolean, before?: boolean): Promise<void>
}

const pollMs = 250
const { maxSpeakers, maxEarlyMessages } = limits.pex
/** Strangers whom only strangers name: so many are told apart. */
const maxLeftOut = 10_000

export function createPex(context: PexContext): Pex {
  const { network, signal, pace, now, knows, sight, hit } = context
  const speakers = new WeakMap<Session, Entry>()
  const early = new WeakMap<Session, PexMessage[]>()
  const leftOut = new Set<Endpoint>()
  let kept = 0

  function record(entry: Entry, { added, left }: PexMessage): void {
    const at = network.date().toISOString()
    const introduces = entry.sources.some(({ kind }) => kind !== "pex")
    if (left > 0) hit("pex-peers", left)
    for (const { address, flags } of added) {
      if (introduces || knows(address)) sight([address], { kind: "pex", via: entry.address, at, flags })
      else if (!leftOut.has(address) && leftOut.size < maxLeftOut) {
        leftOut.add(address)
        hit("pex-hops")
      }
    }
  }

  return {
    get listening() {
      return kept
    },
    hear(session, message) {
      const entry = speakers.get(session)
      if (entry) return record(entry, message)
      const waiting = early.get(session) ?? []
      if (waiting.length < maxEarlyMessages) waiting.push(message)
      early.set(session, waiting)
    },
    introduce(session, entry) {
      speakers.set(session, entry)
      for (const message of early.get(session) ?? []) record(entry, message)
      early.delete(session)
    },
    async listenTo(session, isWanted, before = false) {
      const { record } = session
      if (record.end !== null || kept >= maxSpeakers) return
      if (record.pex === null && !context.isNeeded(session)) return
      const spokenMs = record.atMs + (record.handshakeMs ?? 0) + (before ? 0 : pace.pexMs)
      let ended = false
      void session.ended.then(() => {
        ended = true
      })
      const isDone = () =>
        now() >= spokenMs + limits.holepunch.keepMs || (now() >= spokenMs && !context.isNeeded(session))
      const over = () => ended || signal.aborted || !isWanted() || isDone()
      kept++
      session.loseInterest()
      while (!over()) await network.sleep(pollMs, signal)
      kept--
    },
  }
}
