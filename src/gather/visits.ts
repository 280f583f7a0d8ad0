/** One visit to one peer, from its handshake to the close, however the connection came about. */
import type { Depth, Endpoint } from "../evidence.ts"
import { failure, type Outcome } from "../failure.ts"
import type { Pace } from "../limits.ts"
import type { Network } from "../network.ts"
import { countPieces } from "../torrent/bitfield.ts"
import type { Session } from "../wire/session.ts"
import type { Pex } from "./pex.ts"
import { createIdentities } from "./identities.ts"
import { createNamesakes } from "./namesakes.ts"
import type { Entry } from "./peer-book.ts"
import { givesNothing, isMute, refusedPieces } from "./second-ask.ts"
import { watch } from "./watching.ts"

/** What the sampling of one peer tells, and may ask, about the room that it takes. */
export interface VisitRoom {
  /** Pieces that it refused on an earlier connection; null: nothing went wrong there, or this is the first. */
  readonly again: readonly number[] | null
  /** False when the time for that is over, or the session. */
  readonly unchoked: Promise<boolean>
  /** Somebody waits for the socket that this visit holds. */
  crowded(): boolean
  /** Another audit waits until we have left. */
  wantedElsewhere(): boolean
  /** The peer itself is waited for, to be dialled by another way. */
  awaited(): boolean
  /** It stays only for what others may need of it. */
  lingering(on: boolean): void
  /** Its first piece came, or will not. */
  sampledOnce(): void
}

export type SampleVisit = (entry: Entry, session: Session, room: VisitRoom) => Promise<void>

export interface VisitContext {
  readonly network: Network
  readonly signal: AbortSignal
  readonly depth: Depth
  readonly pace: Pace
  readonly pieceCount: number
  readonly pex: Pick<Pex, "introduce" | "listenTo">
  /** ms since the run started. */
  readonly now: () => number
  /** Somebody waits for the socket that a visit of that peer holds. */
  crowded(at: Endpoint): boolean
  awaited(host: string): boolean
  /** Another audit waits until we have left. */
  wantedElsewhere(at: Endpoint): boolean
  /** Nobody stands for it any more: it is dialled again. */
  askAgain(entry: Entry): void
  sample: SampleVisit
}

export interface Visits {
  readonly lingering: number
  readonly unsampled: number
  /** Those, and whoever is dialled, or was met and has not told yet what it holds. */
  readonly expected: number
  /** It is dialled; `giveUp` once nothing more can come of that. */
  expect(entry: Entry): void
  giveUp(entry: Entry): void
  visit(entry: Entry, session: Session): Promise<Outcome<void>>
  /** Whose last handshake there had that peer id. */
  metAt(host: string, peerId: string): Entry | null
}

/** A super-seeder holds nothing at first, and shows a piece after a moment. */
const firstPieceMs = 3_000
/** One round of most clients' choking. */
const againMs = 10_000

/** We had all that we wanted of it when we left: that it comes back by itself, as Transmission does over uTP, is no reason to ask again. */
const isKnown = ({ visits }: Entry): boolean =>
  visits.some(({ end, samples }) => end?.code === "idle" && samples.some(({ verified }) => verified === true))

export function createVisits(context: VisitContext): Visits {
  const { network, signal, depth, pace } = context
  const identities = createIdentities()
  const lingerers = new Set<Session>()
  const unsampled = new Set<Session>()
  const expected = new Set<Entry>()
  const namesakes = createNamesakes({ ...context, identities })

  async function converse(entry: Entry, session: Session): Promise<void> {
    if (!(await session.claimed) || depth === "handshake" || isKnown(entry)) return
    const empty = () => countPieces(session.record.pieces ?? new Uint8Array()) === 0
    if (empty()) await Promise.race([network.sleep(firstPieceMs, signal), session.ended])
    if (empty()) return
    entry.interested = true
    session.showInterest()
    unsampled.add(session)
    // It was given its full time before, on another connection: clients that dial us back would make every run twice as long.
    const patienceMs = entry.choked ? Math.min(pace.unchokeMs, againMs) : pace.unchokeMs
    const unchoked = session.untilUnchoked(patienceMs, signal).then((happened) => {
      // However it ends: it may be listened to for longer (BEP 11), or leave when we are no longer interested.
      if (!happened) entry.choked = session.record.end === null && !signal.aborted
      return happened
    })
    await context.sample(entry, session, {
      again: entry.askedAgain && givesNothing(entry) ? refusedPieces(entry) : null,
      unchoked,
      crowded: () => context.crowded(entry.address),
      wantedElsewhere: () => context.wantedElsewhere(entry.address),
      awaited: () => context.awaited(entry.host),
      lingering(on) {
        lingerers.delete(session)
        if (!on) return
        namesakes.settle(entry)
        lingerers.add(session)
      },
      sampledOnce() {
        unsampled.delete(session)
        expected.delete(entry)
      },
    })
  }

  return {
    get lingering() {
      return lingerers.size
    },
    get unsampled() {
      return unsampled.size
    },
    get expected() {
      return expected.size
    },
    expect: (entry) => void expected.add(entry),
    giveUp: (entry) => void expected.delete(entry),
    metAt: (host, peerId) => identities.at(host, peerId),
    async visit(entry, session) {
      entry.session = session
      expected.add(entry)
      entry.visits.push(session.record)
      context.pex.introduce(session, entry)
      try {
        const handshaken = await session.handshaken
        if (!handshaken.ok) {
          if (handshaken.failure.code === "self") entry.barred = "self"
          return handshaken
        }
        identities.note(entry)
        if (await namesakes.isAnothers(entry, session)) session.close(failure("duplicate"))
        else {
          namesakes.begin(entry)
          await converse(entry, session).finally(() => namesakes.settle(entry))
          unsampled.delete(session)
          expected.delete(entry)
          // It is not listened to, so that its second chance comes soon.
          if (isMute(entry, session)) {
            session.close(failure("idle"))
            return handshaken
          }
          const isWanted = () => !context.crowded(entry.address) && !context.awaited(entry.host)
          const isOurs = () => isWanted() && !context.wantedElsewhere(entry.address)
          await Promise.all([
            context.pex.listenTo(session, isOurs, isKnown(entry)),
            watch(entry, session, { ...context, isWanted }),
          ])
        }
        session.close(failure("idle"))
        return handshaken
      } finally {
        lingerers.delete(session)
        unsampled.delete(session)
        expected.delete(entry)
        if (entry.session === session) entry.session = null
      }
    },
  }
}
