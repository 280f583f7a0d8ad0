/**
 * Visits to peers, from the dial (or their knock) to the close: a bounded queue of addresses, a bounded number of
 * sockets, one connection per peer at a time, never two attempts within a second.
 */
import type { Attempt, CapName, Depth, Endpoint, Sighting } from "../evidence.ts"
import { failure, type Failure, type Outcome } from "../failure.ts"
import { limits, type Pace } from "../limits.ts"
import { toEndpoint, type Network } from "../network.ts"
import { countPieces } from "../torrent/bitfield.ts"
import { addressKind, admits, parseEndpoint } from "../torrent/endpoint.ts"
import { dial, type Session, type Swarm } from "../wire/session.ts"
import type { Admission } from "./admission.ts"
import { newEntry, type Entry } from "./peer-book.ts"

export interface ProbeContext {
  readonly swarm: Swarm
  readonly network: Network
  readonly signal: AbortSignal
  readonly depth: Depth
  readonly pace: Pace
  readonly maxPeers: number
  readonly admission: Admission
  /** Our listening port, and every address that we were told is ours. */
  isSelf(address: Endpoint): boolean
  /** ms since the run started. */
  now(): number
  hit(cap: CapName, dropped?: number): void
  /** Takes samples of an unchoked peer until it has nothing more to give. */
  sample(
    entry: Entry,
    session: Session,
    room: { crowded(): boolean; lingering(on: boolean): void },
  ): Promise<void>
}

export interface Probes {
  readonly book: ReadonlyMap<Endpoint, Entry>
  readonly queued: number
  /** Visits that still do something for themselves, not waiting for others. */
  readonly busy: number
  readonly open: number
  readonly lastNewsMs: number
  readonly inbound: boolean
  sight(peers: readonly Endpoint[], source: Sighting): void
  welcome(session: Session): Promise<void>
  closeAll(why: Failure): Promise<void>
}

export function createProbes(context: ProbeContext): Probes {
  const { signal, pace, network } = context
  const book = new Map<Endpoint, Entry>()
  const queue: Entry[] = []
  const visits = new Set<Promise<void>>()
  const openPerHost = new Map<string, number>()
  let open = 0
  let lingering = 0
  let lastNewsMs = 0
  let nextDialMs = 0
  let incoming = 0
  let inbound = false
  let wake: () => void = () => {}

  const dials = context.depth !== "scrape" && context.depth !== "discover"
  const hostOf = (address: Endpoint) => parseEndpoint(address)?.host ?? ""
  const busyHost = (host: string) =>
    addressKind(host) !== "loopback" && (openPerHost.get(host) ?? 0) >= limits.peer.socketsPerIp

  function sight(peers: readonly Endpoint[], source: Sighting): void {
    const rules = context.admission.peer(source.kind, source.via)
    for (const address of peers) {
      const known = book.get(address)
      if (known) {
        known.sources.push(source)
        continue
      }
      if (book.size >= context.maxPeers) {
        context.hit("max-peers")
        continue
      }
      const entry = newEntry(address)
      entry.sources.push(source)
      book.set(address, entry)
      lastNewsMs = context.now()
      const at = parseEndpoint(address)
      if (context.isSelf(address)) entry.barred = "self"
      else if (at === null || !admits(rules, at.host, at.port)) entry.barred = "filtered"
      else if (dials) queue.push(entry)
    }
    wake()
  }

  /** Counts a socket while `work` holds it. */
  async function holding(host: string, work: () => Promise<void>): Promise<void> {
    open++
    openPerHost.set(host, (openPerHost.get(host) ?? 0) + 1)
    try {
      await work()
    } finally {
      open--
      const left = (openPerHost.get(host) ?? 1) - 1
      if (left > 0) openPerHost.set(host, left)
      else openPerHost.delete(host)
      wake()
    }
  }

  function startAttempt(
    entry: Entry,
    direction: Attempt["direction"],
    sinceMs: number,
  ): (why: Failure) => Attempt {
    const atMs = context.now() - sinceMs
    entry.lastAttemptMs = atMs
    const attempt: Attempt = {
      at: new Date(network.date().getTime() - sinceMs).toISOString(),
      atMs,
      direction,
      transport: "tcp",
      encryption: "none",
      ok: false,
      failure: null,
      ms: 0,
    }
    entry.attempts.push(attempt)
    return (why) => Object.assign(attempt, { failure: why, ms: context.now() - atMs })
  }

  async function dialOut(entry: Entry): Promise<void> {
    const finish = startAttempt(entry, "outgoing", 0)
    const dialled = await dial(context.swarm, entry.address, signal)
    if (!dialled.ok) {
      if (dialled.failure.code === "no-socket") context.hit("file-descriptors")
      finish(dialled.failure)
      return
    }
    if (entry.session !== null) {
      dialled.value.close(failure("duplicate"))
      finish(failure("duplicate"))
      return
    }
    const handshaken = await visit(entry, dialled.value)
    finish(handshaken.ok ? await dialled.value.ended : handshaken.failure).ok = handshaken.ok
    if (!handshaken.ok && worthAnotherTry(handshaken.failure, entry)) {
      await network.sleep(limits.peer.redialMs, signal)
      if (!signal.aborted) queue.push(entry)
    }
  }

  async function visit(entry: Entry, session: Session): Promise<Outcome<void>> {
    entry.session = session
    entry.visits.push(session.record)
    let waits = false
    const setLingering = (on: boolean) => {
      if (on !== waits) lingering += on ? 1 : -1
      waits = on
    }
    try {
      const handshaken = await session.handshaken
      if (!handshaken.ok) {
        if (handshaken.failure.code === "self") entry.barred = "self"
        return handshaken
      }
      await converse(entry, session, setLingering)
      session.close(failure("idle"))
      return handshaken
    } finally {
      setLingering(false)
      if (entry.session === session) entry.session = null
    }
  }

  async function converse(
    entry: Entry,
    session: Session,
    setLingering: (on: boolean) => void,
  ): Promise<void> {
    if (!(await session.claimed) || context.depth === "handshake") return
    // A super-seeder holds nothing at first, and shows a piece after a moment.
    const empty = () => countPieces(session.record.pieces ?? new Uint8Array()) === 0
    if (empty()) await Promise.race([network.sleep(limits.peer.claimMs, signal), session.ended])
    if (empty()) return
    entry.interested = true
    session.showInterest()
    if (!(await session.untilUnchoked(pace.unchokeMs, signal))) return
    await context.sample(entry, session, {
      crowded: () => queue.length > 0 && open - incoming >= pace.sockets,
      lingering: setLingering,
    })
  }

  async function welcome(session: Session): Promise<void> {
    const host = hostOf(session.remote)
    if (!admits(context.admission.peer("incoming", null), host, 1)) return session.close(failure("filtered"))
    // Their own places: who only dials us could not be reached at all if our own dials held every socket.
    if (incoming >= Math.min(limits.incoming.maxPeers, pace.sockets)) {
      context.hit("incoming")
      return session.close(failure("budget"))
    }
    incoming++
    const knockedMs = context.now()
    const work = holding(host, async () => {
      const handshaken = await session.handshaken
      if (!handshaken.ok) return
      inbound = true
      await session.claimed
      const port = session.record.extensions?.port
      const address = port ? toEndpoint(host, port) : session.remote
      const twin = [...book.values()].find(
        (entry) =>
          entry.session !== null &&
          entry.session.record.peerId === session.record.peerId &&
          hostOf(entry.address) === host,
      )
      sight([twin?.address ?? address], { kind: "incoming", via: null, at: network.date().toISOString() })
      const entry = twin ?? book.get(address)
      if (!entry || entry.session !== null) return session.close(failure("duplicate"))
      if (entry.barred === "filtered") entry.barred = null
      const waiting = queue.indexOf(entry)
      if (waiting >= 0) queue.splice(waiting, 1)
      const finish = startAttempt(entry, "incoming", context.now() - knockedMs)
      await visit(entry, session)
      finish(await session.ended).ok = true
    }).finally(() => incoming--)
    track(work)
  }

  function track(work: Promise<void>): void {
    visits.add(work)
    void work.finally(() => visits.delete(work))
  }

  async function pump(): Promise<void> {
    while (!signal.aborted) {
      const at = queue.findIndex((entry) => entry.session === null && !busyHost(hostOf(entry.address)))
      if (at < 0 || open - incoming >= pace.sockets) {
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
      if (entry) track(holding(hostOf(entry.address), () => dialOut(entry)))
    }
  }
  signal.addEventListener("abort", () => wake(), { once: true })
  void pump()

  return {
    book,
    sight,
    welcome,
    get queued() {
      return queue.length
    },
    get busy() {
      return visits.size - lingering
    },
    get open() {
      return open
    },
    get lastNewsMs() {
      return lastNewsMs
    },
    get inbound() {
      return inbound
    },
    async closeAll(why) {
      for (const { session } of book.values()) session?.close(why)
      await Promise.all(visits)
    },
  }
}

/** Closed before the handshake: some clients refuse every other quick attempt, so one more is fair. */
const worthAnotherTry = (why: Failure, entry: Entry): boolean =>
  (why.code === "closed" || why.code === "reset") && entry.attempts.length < 2
