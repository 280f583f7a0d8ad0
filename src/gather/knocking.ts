/** Peers that dialled us and shook hands: whose entry each is, and whether there is room for it. */
import type { CapName, Endpoint, Sighting } from "../evidence.ts"
import { failure } from "../failure.ts"
import { limits } from "../limits.ts"
import { toEndpoint, type Network } from "../network.ts"
import { admitsHost, parseEndpoint } from "../torrent/endpoint.ts"
import type { Session } from "../wire/session.ts"
import type { Admission } from "./admission.ts"
import { clientOf, startAttempt, type Entry } from "./peer-book.ts"
import type { Places } from "./sockets.ts"
import type { Visits } from "./visits.ts"

export interface KnockingContext {
  readonly book: ReadonlyMap<Endpoint, Entry>
  readonly network: Network
  readonly signal: AbortSignal
  readonly admission: Pick<Admission, "peer">
  readonly open: Pick<Places, "hold" | "turnsAway">
  readonly visits: Pick<Visits, "visit" | "metAt">
  /** ms since the run started. */
  readonly now: () => number
  sight(peers: readonly Endpoint[], source: Sighting): void
  /** We need not dial it now. */
  unqueue(entry: Entry): void
  /** It gave nothing: our own dial of it comes next. */
  askAgain(entry: Entry): void
  /** The run waits for it. */
  track(work: Promise<void>): void
  /** BEP 55: through whom it was just told to dial us. */
  relayOf(entry: Entry): Endpoint | null
  hit(cap: CapName, dropped?: number): void
}

export interface Knocking {
  /** Somebody reached our listening port. */
  readonly inbound: boolean
  welcome(session: Session): Promise<void>
}

/** Of one host (a NAT, or a flood of invented ports), entries that only its own knocking made. */
const maxKnockersPerHost = 8

/** Our own failed dials don't count: whoever comes by itself is welcome. */
const timesIn = ({ attempts }: Entry): number =>
  attempts.filter(({ direction }) => direction === "incoming").length

export function createKnocking(context: KnockingContext): Knocking {
  const { book, signal, open, now } = context
  const knockers = new Map<string, number>()
  let inbound = false

  /** The entry that this knock belongs to: the same peer at that host, or where it says that it listens. */
  function knockingEntry(session: Session, host: string): Entry | null {
    const { peerId, extensions } = session.record
    const twin = peerId === null ? null : context.visits.metAt(host, peerId)
    const said = extensions?.port ? toEndpoint(host, extensions.port) : session.remote
    const there = book.get(said)
    // Behind one NAT several clients may say the same port. Another peer id alone is no sign of that: libtorrent has a new
    // one for every connection.
    const another =
      there !== undefined && clientOf(there) !== null && clientOf(there) !== session.record.client
    const address = twin?.address ?? (another ? session.remote : said)
    if (!book.has(address)) {
      const count = (knockers.get(host) ?? 0) + 1
      if (count > maxKnockersPerHost && host !== "127.0.0.1" && host !== "::1") return null
      knockers.set(host, count)
    }
    context.sight([address], { kind: "incoming", via: null, at: context.network.date().toISOString() })
    return book.get(address) ?? null
  }

  async function admit(session: Session, host: string, knockedMs: number): Promise<void> {
    if (!(await session.handshaken).ok) return
    inbound = true
    await session.claimed
    const entry = knockingEntry(session, host)
    if (entry === null || timesIn(entry) >= limits.peer.maxAttempts) {
      context.hit("incoming")
      return session.close(failure("budget"))
    }
    if (entry.session !== null) return session.close(failure("duplicate"))
    if (entry.barred === "filtered") entry.barred = null
    context.unqueue(entry)
    entry.opened = true
    const { transport, encryption } = session.record
    const relay = context.relayOf(entry)
    const sinceMs = now() - knockedMs
    const attempt = startAttempt(
      entry,
      { direction: "incoming", transport, encryption, sinceMs, relay },
      context,
    )
    await context.visits.visit(entry, session)
    attempt.finish(await session.ended, true)
    context.askAgain(entry)
  }

  return {
    get inbound() {
      return inbound
    },
    async welcome(session) {
      const host = parseEndpoint(session.remote)?.host ?? ""
      if (!admitsHost(context.admission.peer("incoming", null), host))
        return session.close(failure("filtered"))
      if (open.turnsAway(session.remote)) {
        context.hit("incoming")
        return session.close(failure("budget"))
      }
      const onAbort = () => session.close(failure("aborted"))
      signal.addEventListener("abort", onAbort, { once: true })
      void session.ended.then(() => signal.removeEventListener("abort", onAbort))
      if (signal.aborted) onAbort()
      const knockedMs = now()
      context.track(open.hold(session.remote, "incoming", () => admit(session, host, knockedMs)))
    },
  }
}
