/** BEP 55: uTP sessions with peers that are to relay, each kept while somebody needs it. */
import { failure } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Network } from "../network.ts"
import type { Session, Swarm } from "../wire/session.ts"
import type { Dialling } from "./dialling.ts"
import type { Entry } from "./peer-book.ts"
import type { Sockets } from "./sockets.ts"
import { isShut, utpWays } from "./ways.ts"

export interface RelaysContext {
  readonly swarm: Pick<Swarm, "encryption">
  readonly network: Pick<Network, "sleep">
  readonly signal: AbortSignal
  readonly open: Pick<Sockets, "busy" | "hold">
  readonly dialling: Pick<Dialling, "begin" | "dialBy">
  /** The run waits for it. */
  track(work: Promise<void>): void
  /** Whatever else is to be heard of that session. */
  introduce(session: Session, entry: Entry): void
}

export interface Relays {
  /** Null: no uTP session with it could be had, or it doesn't speak BEP 55 there. */
  use(relay: Entry, work: (session: Session | null) => Promise<void>): Promise<void>
  /** Somebody uses that peer's session. */
  isUsed(relay: Entry): boolean
  /** A relay of that host is dialled once the connection that it has now is over. */
  awaits(host: string): boolean
}

interface Held {
  readonly session: Promise<Session | null>
  readonly release: () => void
  users: number
}

const pollMs = 100

export const speaksHolepunch = ({ visits }: Entry): boolean =>
  visits.some(({ extensions }) => extensions?.names.includes("ut_holepunch") === true)

const isFit = (session: Session | null): session is Session =>
  session !== null &&
  session.record.transport === "utp" &&
  session.record.end === null &&
  session.speaksHolepunch

export function createRelays(context: RelaysContext): Relays {
  const { network, signal, open, dialling } = context
  const held = new Map<Entry, Held>()
  const awaited = new Set<Entry>()

  function hold(relay: Entry): Held {
    const released = Promise.withResolvers<void>()
    const ready = Promise.withResolvers<Session | null>()
    if (isFit(relay.session)) ready.resolve(relay.session)
    else context.track(visit(relay, ready.resolve, released.promise))
    return { session: ready.promise, release: released.resolve, users: 0 }
  }

  /** One connection per peer: the other one ends first. */
  async function visit(
    relay: Entry,
    ready: (session: Session | null) => void,
    released: Promise<void>,
  ): Promise<void> {
    awaited.add(relay)
    while (!signal.aborted && (relay.session !== null || open.busy(relay.address)))
      await network.sleep(pollMs, signal)
    for (const way of utpWays(context.swarm.encryption ?? "off")) {
      await network.sleep(limits.peer.redialMs, signal)
      if (signal.aborted || relay.session !== null) break
      let isOver = true
      await open.hold(relay.address, "outgoing", async () => {
        const attempt = dialling.begin(relay, way)
        const dialled = await dialling.dialBy(relay, way, attempt)
        if (!dialled.ok) {
          isOver = !isShut(dialled.failure)
          return
        }
        const session = dialled.value
        attempt.agreed(session.record.encryption)
        relay.session = session
        relay.visits.push(session.record)
        context.introduce(session, relay)
        const handshaken = await session.handshaken
        awaited.delete(relay)
        if (handshaken.ok && (await session.claimed) && isFit(session)) {
          ready(session)
          await Promise.race([released, session.ended])
        }
        session.close(failure("idle"))
        isOver = handshaken.ok || !isShut(handshaken.failure)
        attempt.finish(await session.ended, handshaken.ok)
        if (relay.session === session) relay.session = null
      })
      if (isOver) break
    }
    awaited.delete(relay)
    ready(null)
  }

  return {
    async use(relay, work) {
      const holding = held.get(relay) ?? hold(relay)
      held.set(relay, holding)
      holding.users++
      try {
        await work(await holding.session)
      } finally {
        if (--holding.users === 0) {
          held.delete(relay)
          holding.release()
        }
      }
    },
    isUsed: (relay) => held.has(relay),
    awaits: (host) => [...awaited].some((relay) => relay.host === host),
  }
}
