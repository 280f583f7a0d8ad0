/**
 * Everybody we heard of, and when whom is dialled: a bounded queue of addresses, a bounded number of sockets, one
 * connection per peer at a time, never two attempts within a second.
 */
import type { CapName, Depth, Endpoint, Sighting } from "../evidence.ts"
import { failure, type Failure } from "../failure.ts"
import { limits, type Pace } from "../limits.ts"
import { toEndpoint, type Network } from "../network.ts"
import { admits, parseEndpoint, type AddressRules } from "../torrent/endpoint.ts"
import { dial } from "../wire/dial.ts"
import type { Session, Swarm } from "../wire/session.ts"
import type { Admission } from "./admission.ts"
import { createIntroductions } from "./introductions.ts"
import { createPex, type Pex } from "./pex.ts"
import { clientOf, hostOf, newEntry, peerIdOf, startAttempt, type Entry } from "./peer-book.ts"
import { sockets } from "./sockets.ts"
import { createVisits, type SampleVisit } from "./visits.ts"

export interface ProbeContext {
  readonly swarm: Swarm
  readonly network: Network
  readonly signal: AbortSignal
  readonly depth: Depth
  readonly pace: Pace
  readonly maxPeers: number
  readonly admission: Admission
  isSelf(address: Endpoint): boolean
  /** A dial of that address reached ourselves. */
  onSelf(address: Endpoint): void
  /** ms since the run started. */
  readonly now: () => number
  hit(cap: CapName, dropped?: number): void
  /** Takes samples of an unchoked peer until it has nothing more to give. */
  sample: SampleVisit
}

export interface Probes {
  readonly book: ReadonlyMap<Endpoint, Entry>
  /** Visits that still do something for themselves, and addresses that wait for one. */
  readonly unfinished: number
  /** Peers that may still unchoke us and have given nothing yet. */
  readonly unsampled: number
  readonly lastNewsMs: number
  readonly inbound: boolean
  sight(peers: readonly Endpoint[], source: Sighting): void
  welcome(session: Session): Promise<void>
  hearPex: Pex["hear"]
  /** Peers that are kept only for what they may say of others. */
  readonly listening: number
  closeAll(why: Failure): Promise<void>
}

/** Of one host (a NAT, or a flood of invented ports), entries that only its own knocking made. */
const maxKnockersPerHost = 8
const maxSources = 64

/** Our own failed dials don't count: whoever comes by itself is welcome. */
const timesIn = ({ attempts }: Entry): number =>
  attempts.filter(({ direction }) => direction === "incoming").length

/** A tracker's replies are draws that count one by one; others only repeat themselves. */
const isNews = ({ sources }: Entry, { kind, via }: Sighting): boolean =>
  kind === "tracker" || !sources.some((known) => known.kind === kind && known.via === via)

export function createProbes(context: ProbeContext): Probes {
  const { signal, pace, network, depth } = context
  const book = new Map<Endpoint, Entry>()
  const queue: Entry[] = []
  const running = new Set<Promise<void>>()
  const knockers = new Map<string, number>()
  const introductions = createIntroductions(context)
  const dials = depth !== "scrape" && depth !== "discover"
  let lastNewsMs = 0
  let nextDialMs = 0
  let inbound = false
  let wake: () => void = () => {}
  const open = sockets(pace.sockets, () => wake())
  const pex = createPex({ ...context, knows: (address) => book.has(address), sight })
  const visits = createVisits({
    ...context,
    book,
    pex,
    crowded: (host) =>
      queue.length > 0 && (open.full || (open.busy(host) && queue.some((entry) => hostOf(entry) === host))),
  })

  function sight(peers: readonly Endpoint[], source: Sighting): void {
    const rules = context.admission.peer(source.kind, source.via)
    for (const address of peers) {
      const known = book.get(address)
      if (known) {
        if (isNews(known, source) && known.sources.length < maxSources) known.sources.push(source)
        // Admitted on another's word.
        if (known.barred === "filtered" && source.kind !== "incoming") enqueue(known, rules)
        continue
      }
      if (book.size >= context.maxPeers) {
        context.hit("max-peers")
        continue
      }
      if (!introductions.may(source)) continue
      const entry = newEntry(address)
      entry.sources.push(source)
      book.set(address, entry)
      lastNewsMs = context.now()
      if (context.isSelf(address)) entry.barred = "self"
      else enqueue(entry, rules)
    }
    wake()
  }

  function enqueue(entry: Entry, rules: AddressRules): void {
    const at = parseEndpoint(entry.address)
    const admitted = at !== null && admits(rules, at.host, at.port)
    entry.barred = admitted ? null : "filtered"
    if (admitted && dials) queue.push(entry)
  }

  function track(work: Promise<void>): void {
    running.add(work)
    void work.finally(() => running.delete(work))
  }

  async function dialOut(entry: Entry): Promise<void> {
    const finish = startAttempt(entry, "outgoing", 0, context)
    const dialled = await dial(context.swarm, entry.address, signal, () => entry.session === null)
    if (!dialled.ok) {
      if (dialled.failure.code === "no-socket") context.hit("file-descriptors")
      finish(dialled.failure, false)
      return
    }
    const handshaken = await visits.visit(entry, dialled.value)
    if (entry.barred === "self") context.onSelf(entry.address)
    finish(handshaken.ok ? await dialled.value.ended : handshaken.failure, handshaken.ok)
  }

  /** Closed before it said anything: some clients refuse every other quick attempt, or took another connection for a duplicate. */
  function deservesAnotherTry(entry: Entry): boolean {
    const last = entry.attempts.at(-1)
    if (!last || entry.session !== null || entry.attempts.length >= limits.peer.maxAttempts) return false
    const said = entry.visits.some(({ pieces }) => pieces !== null)
    return !said && (last.failure?.code === "closed" || last.failure?.code === "reset")
  }

  async function probe(entry: Entry): Promise<void> {
    await open.hold(hostOf(entry), "outgoing", () => dialOut(entry))
    if (!deservesAnotherTry(entry)) return
    await network.sleep(limits.peer.redialMs * 4 ** (entry.attempts.length - 1), signal)
    if (!signal.aborted && deservesAnotherTry(entry)) queue.push(entry)
    wake()
  }

  async function pump(): Promise<void> {
    while (!signal.aborted) {
      const at = open.full ? -1 : queue.findIndex((entry) => !open.busy(hostOf(entry)))
      if (at < 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        continue
      }
      const wait = nextDialMs - context.now()
      if (wait > 0) {
        await network.sleep(wait, signal)
        continue
      }
      nextDialMs = Math.max(nextDialMs, context.now() - 1_000) + 1_000 / pace.dialsPerSecond
      const entry = queue.splice(at, 1)[0]
      if (entry && entry.session === null) track(probe(entry))
    }
  }

  /** The entry that this knock belongs to: the same peer at that host, or where it says that it listens. */
  function knockingEntry(session: Session, host: string): Entry | null {
    const { peerId, extensions } = session.record
    const twin = [...book.values()].find(
      (entry) => peerId !== null && peerIdOf(entry) === peerId && hostOf(entry) === host,
    )
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
    sight([address], { kind: "incoming", via: null, at: network.date().toISOString() })
    return book.get(address) ?? null
  }

  async function welcome(session: Session): Promise<void> {
    const host = parseEndpoint(session.remote)?.host ?? ""
    if (!admits(context.admission.peer("incoming", null), host, 1)) return session.close(failure("filtered"))
    if (open.incomingFull || open.busy(host)) {
      context.hit("incoming")
      return session.close(failure("budget"))
    }
    const onAbort = () => session.close(failure("aborted"))
    signal.addEventListener("abort", onAbort, { once: true })
    void session.ended.then(() => signal.removeEventListener("abort", onAbort))
    if (signal.aborted) onAbort()
    const knockedMs = context.now()
    track(
      open.hold(host, "incoming", async () => {
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
        const waiting = queue.indexOf(entry)
        if (waiting >= 0) queue.splice(waiting, 1)
        const finish = startAttempt(entry, "incoming", context.now() - knockedMs, context)
        await visits.visit(entry, session)
        finish(await session.ended, true)
      }),
    )
  }

  signal.addEventListener("abort", () => wake(), { once: true })
  void pump()

  return {
    book,
    sight,
    welcome,
    hearPex: (session, message) => pex.hear(session, message),
    get listening() {
      return pex.listening
    },
    get unfinished() {
      return queue.length + running.size - visits.lingering
    },
    get unsampled() {
      return queue.length + visits.unsampled
    },
    get lastNewsMs() {
      return lastNewsMs
    },
    get inbound() {
      return inbound
    },
    async closeAll(why) {
      for (const { session } of book.values()) session?.close(why)
      await Promise.all(running)
    },
  }
}
