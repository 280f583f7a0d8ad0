/** Our own dials of one peer: by which way, two at once where one is late, and what of it goes into the record. */
import type { CapName } from "../evidence.ts"
import { failure, type Outcome } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Network } from "../network.ts"
import { parseEndpoint } from "../torrent/endpoint.ts"
import { dial, type Way } from "../wire/dial.ts"
import { race } from "../wire/race.ts"
import type { Session, Swarm } from "../wire/session.ts"
import {
  flagsOf,
  hasClaimed,
  offered,
  ownDials,
  startAttempt,
  type AttemptStart,
  type Entry,
  type RunningAttempt,
} from "./peer-book.ts"
import type { Silences } from "./side-by-side/silences.ts"
import type { Visits } from "./visits.ts"
import { released, secondAsk } from "./second-ask.ts"
import { isGivenUp, isSilence, nextWay, type Plan } from "./ways.ts"

export interface DiallingContext {
  readonly swarm: Swarm
  readonly network: Network
  readonly signal: AbortSignal
  /** ms since the run started. */
  readonly now: () => number
  readonly visits: Pick<Visits, "visit">
  /** What other audits' dials came to; absent: there are none. */
  readonly silences?: Silences | undefined
  hit(cap: CapName, dropped?: number): void
  /** By which way it shook hands already, when it was asked for the metadata. */
  wayOf?(address: string): Way | null
  /** The system had no socket for us. */
  onNoSocket?(): void
  /** A dial of that address reached ourselves. */
  onSelf(address: string): void
}

export interface Dialling {
  /** Null: it is not dialled any more. */
  planFor(entry: Entry): Plan | null
  /** Resolves when the connection is over, or none came about. */
  carryOut(entry: Entry, plan: Plan): Promise<void>
  begin(entry: Entry, way: Way, relay?: string | null): RunningAttempt
  /** By one way alone, and then the same. */
  dialBy(entry: Entry, way: Way, attempt: RunningAttempt): Promise<Outcome<Session>>
  /** The visit, once a dial gave a session. */
  meet(entry: Entry, session: Session, attempt: RunningAttempt): Promise<void>
}

export function createDialling(context: DiallingContext): Dialling {
  const { swarm, network, signal } = context
  let askedAgain = 0
  const passedOver = new Set<Entry>()

  const overUtp = ({ address }: Entry): boolean => {
    const family = parseEndpoint(address)?.family
    return family !== undefined && swarm.utp?.families.includes(family) === true
  }

  function begin(entry: Entry, way: Way, relay: AttemptStart["relay"] = null): RunningAttempt {
    return startAttempt(entry, { direction: "outgoing", ...offered(way), relay }, context)
  }

  /** Records the attempt's end, unless it gave a session. */
  function note(entry: Entry, attempt: RunningAttempt, dialled: Outcome<Session>): void {
    if (dialled.ok) return
    if (dialled.failure.code === "no-socket") {
      // All uTP goes by one socket: what that lacks are places for connections, which strangers can fill.
      if (attempt.transport === "tcp") context.onNoSocket?.()
      context.hit("file-descriptors", isGivenUp([...ownDials(entry), dialled]) ? 1 : 0)
    }
    attempt.finish(dialled.failure, false)
  }

  /** Asked of an open connection; a peer that has another one is not greeted on a second. */
  const isFree = (entry: Entry) => () => {
    entry.opened = true
    return entry.session === null
  }

  async function converse(entry: Entry, session: Session, attempt: RunningAttempt): Promise<void> {
    attempt.agreed(session.record.encryption)
    const handshaken = await context.visits.visit(entry, session)
    if (entry.barred === "self") context.onSelf(entry.address)
    attempt.finish(handshaken.ok ? await session.ended : handshaken.failure, handshaken.ok)
  }

  /** Another audit dialled it so a moment ago, and nothing answered: that is as good as our own. */
  function isTold(entry: Entry, way: Way | null): boolean {
    const told = way && context.silences?.of(entry.address, way.transport)
    if (!told) return false
    const sinceMs = Math.min(context.now(), network.now() - told.atMs)
    // One dial is one attempt, however often we look.
    const atMs = context.now() - sinceMs
    if (entry.attempts.some((each) => each.transport === way.transport && each.atMs >= atMs - 1)) return false
    const start = { direction: "outgoing", ...offered(way), sinceMs } as const
    startAttempt(entry, start, context).finish(told.failure, false, told.ms)
    return true
  }

  function tell({ address }: Entry, { transport }: Way, atMs: number, dialled: Outcome<Session>): void {
    if (dialled.ok || dialled.failure.code === "handshake-timeout") context.silences?.clear(address)
    else if (isSilence(dialled.failure)) {
      const ms = network.now() - atMs
      context.silences?.note(address, transport, { failure: dialled.failure, atMs, ms })
    }
  }

  /** Once the connections that were ours to make are over. */
  function second(entry: Entry): Plan | null {
    const plan = secondAsk(entry, swarm.encryption ?? "off")
    if (plan === null || askedAgain < limits.silence.maxSuspects) return plan
    if (!passedOver.has(entry)) context.hit("second-asks")
    passedOver.add(entry)
    return null
  }

  return {
    planFor(entry) {
      if (entry.session !== null || entry.barred !== null || entry.sameAs !== null) return null
      // It dialled us, and says that it listens there.
      if (entry.leftUntested) return null
      const ordinary = nextWay({
        policy: swarm.encryption ?? "off",
        utp: overUtp(entry),
        flags: flagsOf(entry),
        known: context.wayOf?.(entry.address) ?? null,
        tried: ownDials(entry),
        said: hasClaimed(entry),
      })
      return ordinary ?? released(entry, swarm.encryption ?? "off") ?? second(entry)
    },
    async carryOut(entry, { way, beside, again = false }) {
      entry.released = Math.max(0, entry.released - 1)
      if (again) {
        entry.askedAgain = true
        askedAgain++
      }
      const told = isTold(entry, way)
      const late = isTold(entry, beside) ? null : beside
      if (told) return
      const attempts = new Map<Way, RunningAttempt>()
      let won = way
      const dialled = await race<Session>({
        network,
        way,
        beside: late,
        lateMs: limits.contact.lateMs,
        signal,
        mayGreet: isFree(entry),
        run: (entered, opening, mayGreet) => dial(swarm, entry.address, entered, signal, mayGreet, opening),
        onStart({ way: entered, atMs, outcome }) {
          const attempt = begin(entry, entered)
          attempts.set(entered, attempt)
          void outcome.then((each) => {
            tell(entry, entered, atMs, each)
            if (each.ok) won = entered
            else note(entry, attempt, each)
          })
        },
      })
      const attempt = attempts.get(won)
      if (dialled.ok && attempt) await converse(entry, dialled.value, attempt)
    },
    begin,
    async dialBy(entry, way, attempt) {
      const dialled = await dial(swarm, entry.address, way, signal, isFree(entry))
      note(entry, attempt, dialled)
      return dialled
    },
    async meet(entry, session, attempt) {
      if (entry.session === null) return converse(entry, session, attempt)
      session.close(failure("duplicate"))
      attempt.finish(failure("duplicate"), false)
    },
  }
}
