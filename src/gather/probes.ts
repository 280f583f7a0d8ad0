/**
 * Everybody we heard of, and when whom is dialled: a bounded queue of addresses, a bounded number of sockets, one
 * connection per peer at a time, never two attempts within a second.
 */
import { contactsPeers } from "../evidence/words.ts"
import type { CapName, Depth, Endpoint, Sighting } from "../evidence.ts"
import type { Failure } from "../failure.ts"
import { limits, type Pace } from "../limits.ts"
import type { Network } from "../network.ts"
import { admits, admitsHost, barsPort, parseEndpoint, type AddressRules } from "../torrent/endpoint.ts"
import type { Way } from "../wire/dial.ts"
import type { Session, Swarm } from "../wire/session.ts"
import type { Admission } from "./admission.ts"
import { createDialling } from "./dialling.ts"
import { createEchoes } from "./echoes.ts"
import { createHolepunch, type Holepunch } from "./holepunch.ts"
import { createIntroductions } from "./introductions.ts"
import { createKnocking } from "./knocking.ts"
import { createLineChecks } from "./line-checks.ts"
import { createPacer } from "./pacer.ts"
import { createPex, type Pex } from "./pex.ts"
import { newEntry, type Entry } from "./peer-book.ts"
import type { Random } from "./random.ts"
import type { SharedBudgets } from "./side-by-side/budgets.ts"
import { hostAt, sockets } from "./sockets.ts"
import { createVisits, type SampleVisit } from "./visits.ts"

export interface ProbeContext {
  readonly swarm: Swarm
  readonly network: Network
  readonly signal: AbortSignal
  readonly depth: Depth
  readonly pace: Pace
  /** Where several audits share what the pace allows; absent: all of it is this one's. */
  readonly budgets?: SharedBudgets | undefined
  readonly maxPeers: number
  readonly admission: Pick<Admission, "peer">
  isSelf(address: Endpoint): boolean
  /** By which way it shook hands already, when it was asked for the metadata. */
  wayOf?(address: Endpoint): Way | null
  /** A dial of that address reached ourselves. */
  onSelf(address: Endpoint): void
  /** ms since the run started. */
  readonly now: () => number
  hit(cap: CapName, dropped?: number): void
  /** Which of several is asked first. */
  readonly random: Random
  /** Takes samples of an unchoked peer until it has nothing more to give. */
  sample: SampleVisit
}

export interface Probes {
  readonly book: ReadonlyMap<Endpoint, Entry>
  /** Visits that still do something for themselves, and addresses that wait for one. */
  readonly unfinished: number
  /** Peers that may still unchoke us and have given nothing yet. */
  readonly unsampled: number
  /** Those, and whoever waits to be dialled, is dialled, or has not told yet what it holds. */
  readonly expected: number
  readonly lastNewsMs: number
  readonly inbound: boolean
  sight(peers: readonly Endpoint[], source: Sighting): void
  welcome(session: Session): Promise<void>
  hearPex: Pex["hear"]
  hearHolepunch: Holepunch["hear"]
  /** Peers that are kept only for what they may say of others. */
  readonly listening: number
  closeAll(why: Failure): Promise<void>
}

const maxSources = 64
/** Of the event loop. */
const dialsPerTurn = 8

/** A tracker's replies are draws that count one by one; others only repeat themselves. */
const isNews = ({ sources }: Entry, { kind, via }: Sighting): boolean =>
  kind === "tracker" || !sources.some((known) => known.kind === kind && known.via === via)

export function createProbes(context: ProbeContext): Probes {
  const { signal, pace, network, depth } = context
  const book = new Map<Endpoint, Entry>()
  const queue: Entry[] = []
  const running = new Set<Promise<void>>()
  /** Where nothing answered in the first round: the run doesn't wait for the later ones, nor does anybody give way to them. */
  const silent = new Set<Entry>()
  /** Later rounds. */
  const rounds = new Map<Promise<void>, Entry>()
  /** By a relay's word, before their turn came. */
  const unqueued = new Set<Entry>()
  const introductions = createIntroductions(context)
  const dials = contactsPeers(depth)
  let lastNewsMs = 0
  let wake: () => void = () => {}
  const { budgets } = context
  const pacer =
    budgets?.dials ?? createPacer(pace.dialsPerSecond, () => network.now(), network.now() - context.now())
  let nextDialMs = pacer.reserve()
  const open =
    budgets?.places({
      onFree: () => wake(),
      awaited: () => [...awaited().map(({ address }) => address), ...echoes.waiting],
    }) ?? sockets(pace.sockets, () => wake())
  const pex = createPex({
    ...context,
    knows: (address) => book.has(address),
    sight,
    isNeeded: (session) => holepunch.isNeeded(session),
  })
  const visits = createVisits({
    ...context,
    pieceCount: context.swarm.torrent.pieceCount,
    pex: { introduce, listenTo: (...of) => pex.listenTo(...of) },
    askAgain: (entry) => track(dialAgain(entry, limits.peer.redialMs)),
    crowded: (at) =>
      open.starvesOthers ||
      (isAnyAwaited() &&
        (open.full || (open.busy(at) && awaited().some((entry) => entry.host === hostAt(at))))),
    awaited: (host) => holepunch.awaits(host),
    wantedElsewhere: (at) => open.wantedElsewhere(at),
  })
  const dialling = createDialling({
    ...context,
    visits,
    silences: budgets?.silences,
    onNoSocket: () => open.ranOut?.(),
  })
  const holepunch = createHolepunch({
    ...context,
    book,
    open,
    dialling,
    take(address, source) {
      sight([address], source)
      const entry = book.get(address) ?? null
      if (entry !== null && unqueue(entry)) unqueued.add(entry)
      return entry?.barred === null ? entry : null
    },
    // Whom a dial of ours is about, or was, has its next one from that.
    giveBack(entry) {
      if (unqueued.delete(entry)) track(dialAgain(entry, limits.peer.redialMs))
    },
    track,
    introduce: (session, entry) => pex.introduce(session, entry),
  })
  const knocking = createKnocking({
    ...context,
    book,
    open,
    visits,
    sight,
    unqueue,
    track,
    relayOf: (entry) => holepunch.relayOf(entry),
    askAgain(entry) {
      const plan = dialling.planFor(entry)
      if (plan && (plan.again || entry.released > 0)) track(dialAgain(entry, plan.waitMs))
    },
  })

  const echoes = createEchoes({
    ...context,
    open,
    pacing: budgets?.echoes,
    crowded: () => isAnyAwaited(),
    heldBack: ({ address }) => budgets !== undefined && open.busy(address),
  })

  const lineChecks = createLineChecks({ ...context, book, open, pacer })

  const isSilent = (entry: Entry) => silent.has(entry) && !entry.opened
  const awaited = () => queue.filter((entry) => !isSilent(entry))
  /** Asked several times a second by everybody who stays. */
  const isAnyAwaited = () => queue.some((entry) => !isSilent(entry))

  function introduce(session: Session, entry: Entry): void {
    holepunch.introduce(session, entry)
    pex.introduce(session, entry)
  }

  function sight(peers: readonly Endpoint[], source: Sighting): void {
    const rules = context.admission.peer(source.kind, source.via)
    for (const address of peers) {
      const known = book.get(address)
      if (known) {
        if (isNews(known, source) && known.sources.length < maxSources) {
          known.sources.push(source)
          holepunch.named(known)
        }
        // Admitted on another's word.
        if (known.barred === "filtered" && source.kind !== "incoming") enqueue(known, rules)
        continue
      }
      if (book.size >= context.maxPeers) {
        context.hit("max-peers")
        continue
      }
      if (!introductions.may(source, address)) continue
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
    const isLeft = at !== null && admitsHost(rules, at.host) && barsPort(rules, at.host, at.port)
    entry.leftUntested = !admitted && (entry.leftUntested || isLeft)
    if (admitted && dials) queue.push(entry)
  }

  function track(work: Promise<void>): void {
    running.add(work)
    void work.finally(() => running.delete(work) && rounds.delete(work))
  }

  /** False: it didn't wait. */
  function unqueue(entry: Entry): boolean {
    const waiting = queue.indexOf(entry)
    if (waiting >= 0) queue.splice(waiting, 1)
    return waiting >= 0
  }

  async function probe(entry: Entry): Promise<void> {
    const plan = dialling.planFor(entry)
    if (plan === null) return
    visits.expect(entry)
    await open.hold(entry.address, "outgoing", () => dialling.carryOut(entry, plan))
    visits.giveUp(entry)
    const checked = lineChecks.after(entry)
    if (!isSilent(entry)) track(checked)
    const next = dialling.planFor(entry)
    if (next?.stuck) await network.sleep(next.waitMs, signal)
    // The run does not wait for who never answered.
    if (next?.later) {
      silent.add(entry)
      void dialAgain(entry, next.waitMs)
    }
    if (next === null || next.later || next.stuck) await holepunch.seek(entry)
    if (next === null) await echoes.ask(entry)
    else if (!next.later) await dialAgain(entry, next.stuck ? 0 : next.waitMs)
  }

  async function dialAgain(entry: Entry, waitMs: number): Promise<void> {
    await network.sleep(waitMs, signal)
    if (signal.aborted || queue.includes(entry) || dialling.planFor(entry) === null) return
    queue.push(entry)
    wake()
  }

  function nextInQueue(): number {
    const isFree = (entry: Entry) => !open.busy(entry.address)
    const at = queue.findIndex((entry) => !isSilent(entry) && isFree(entry))
    return at >= 0 ? at : queue.findIndex(isFree)
  }

  async function pump(): Promise<void> {
    let inTurn = 0
    while (!signal.aborted) {
      const at = nextInQueue()
      const { full } = open
      open.waits(full && at >= 0)
      if (full || at < 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        continue
      }
      const wait = nextDialMs - network.now()
      if (wait > 0) {
        await network.sleep(wait, signal)
        continue
      }
      // What came in meanwhile is read first: our own backlog must not count as the peers' slowness.
      if (++inTurn >= dialsPerTurn) {
        inTurn = 0
        await network.sleep(0, signal)
        continue
      }
      nextDialMs = pacer.reserve()
      const entry = queue.splice(at, 1)[0]
      if (!entry || entry.session !== null) continue
      const work = probe(entry)
      if (isSilent(entry)) rounds.set(work, entry)
      track(work)
    }
  }

  signal.addEventListener("abort", () => wake(), { once: true })
  void pump()

  return {
    book,
    sight,
    welcome: (session) => knocking.welcome(session),
    hearHolepunch: (session, payload) => holepunch.hear(session, payload),
    hearPex: (session, message) => pex.hear(session, message),
    get listening() {
      return pex.listening
    },
    get unfinished() {
      const unawaited = [...rounds.values()].filter(isSilent).length
      return awaited().length + running.size - unawaited - visits.lingering
    },
    get unsampled() {
      return awaited().length + visits.unsampled
    },
    get expected() {
      return queue.length + visits.expected
    },
    get lastNewsMs() {
      return lastNewsMs
    },
    get inbound() {
      return knocking.inbound
    },
    async closeAll(why) {
      for (const { session } of book.values()) session?.close(why)
      await Promise.all(running)
    },
  }
}
