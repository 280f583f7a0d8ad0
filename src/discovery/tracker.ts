/**
 * All trackers of a torrent. BEP 12's tiers are an order for clients that need one tracker; we measure every one, each on its
 * own. BEP 27 forbids that for a private torrent: there one tracker at a time, in BEP 12's order.
 */
import type { Depth, Endpoint, Family, Tracker } from "../evidence.ts"
import type { Network } from "../network.ts"
import { formatEndpoint, parseEndpoint, type AddressRules } from "../torrent/endpoint.ts"
import type { AnswerMemory } from "./answers.ts"
import { isWebSocket, type TrackerTiming } from "./tracker/channel.ts"
import { createContact, type Contact, type NamedTracker } from "./tracker/contact.ts"
import { createQueue } from "./queue.ts"
import { createRun, type CapHit } from "./tracker/run.ts"
import type { Observation, Source } from "./source.ts"

export interface TrackerQuestion {
  infoHash: Uint8Array
  peerId: Uint8Array
  /** Where we listen; null: nowhere. */
  port: number | null
  leftBytes: number
  private: boolean
  depth: Depth
  families: readonly Family[]
  tiers: readonly (readonly string[])[]
  userTrackers: readonly string[]
  userAgent: string
  rulesFor(url: string, origin: "torrent" | "user"): AddressRules
  network: Network
  /** `network.now()` at the start of the run. */
  startedMs: number
  answers: AnswerMemory
  timing?: TrackerTiming
  /**
   * Whether trackers may be asked about a random info hash as well: never for a private torrent, so of a magnet link only once it
   * is known that it isn't one. Must resolve before `farewell`. Not given: they may.
   */
  canary?: Promise<boolean> | undefined
}

export interface TrackerSource extends Source {
  /** Live: it grows while `discover` and `farewell` run. A private torrent's unasked trackers have no announces. */
  readonly trackers: readonly Tracker[]
  /** Endpoints that trackers named and that are ours for sure: no single tracker can put an honest peer here. */
  readonly self: readonly Endpoint[]
  readonly capsHit: readonly CapHit[]
  /** Every tracker that may be asked has answered its first questions, or failed; or `discover` ended. */
  readonly settled: Promise<void>
  /**
   * BEP 27, for a torrent that turned out to be private: the others are left, and only this tracker's peers may be visited. Its
   * (masked) URL; null where there is none.
   */
  keepOne(): string | null
  /**
   * A dial of this listed endpoint reached our own peer id: it counts no more as a peer, neither in later records of this run
   * nor in what the next run remembers.
   */
  provenSelf(endpoint: Endpoint): void
}

export function trackerSource(question: TrackerQuestion): TrackerSource {
  const { network } = question
  const queue = createQueue<Observation>()
  const run = createRun(question, (observation) => queue.push(observation))
  const { promise: settled, resolve: settle } = Promise.withResolvers<void>()
  const stop = new AbortController()
  let asking = Promise.resolve()
  let leaving: Promise<unknown> = Promise.resolve()
  const dismissals = new Map<Contact, AbortController>()
  const contacts = namedTrackers(question).map((named) => createContact(run, named))

  function dismissalOf(contact: Contact): AbortController {
    const made = dismissals.get(contact) ?? new AbortController()
    dismissals.set(contact, made)
    return made
  }

  /** Again and again, as soon as is allowed. Resolves to true when it no longer answers and `mayLeave`. */
  async function keepAsking(
    contact: Contact,
    signal: AbortSignal,
    mayLeave: () => boolean,
  ): Promise<boolean> {
    for (;;) {
      const due = contact.dueMs()
      if (due === Infinity) return false
      await network.sleep(Math.max(0, due - network.now()), signal)
      if (signal.aborted) return false
      const answered = await contact.renew(signal)
      if (!answered && mayLeave()) return true
    }
  }

  async function askAll(signal: AbortSignal): Promise<void> {
    const first = contacts.map(async (contact) => {
      const own = AbortSignal.any([signal, dismissalOf(contact).signal])
      await contact.open(own, null)
      return own
    })
    void Promise.all(first).then(() => settle(), settle)
    await Promise.all(
      contacts.map(async (contact, i) => keepAsking(contact, (await first[i]) ?? signal, () => false)),
    )
  }

  /** Once a tracker gave us peers we stay with it: using another one's peers as well is what BEP 27 forbids. */
  async function askOneAtATime(signal: AbortSignal): Promise<void> {
    const shuffled = inRandomOrder(contacts, network)
    // One that can name nobody to us comes last, as we would stay with it.
    const isWeb = ({ record }: Contact) => isWebSocket(record.protocol)
    const inOrder = [...shuffled.filter((each) => !isWeb(each)), ...shuffled.filter(isWeb)]
    const { briefMs, httpPausesMs } = run.timing
    // A dead tracker must not hold up the others: it is worth more than one short try only when all have failed.
    const rounds = inOrder.length > 1 ? [briefMs, null] : [null]
    for (const [round, oneTryMs] of rounds.entries()) {
      const left = inOrder.filter(({ mayYetAnswer }) => mayYetAnswer)
      if (round > 0 && left.length > 0) await network.sleep(httpPausesMs[0] ?? 0, signal)
      for (const contact of left) {
        if (signal.aborted) return
        if (!(await contact.open(signal, oneTryMs))) continue
        settle()
        if (!(await keepAsking(contact, signal, () => !contact.gavePeers))) return
        await contact.leave(signal)
      }
    }
  }

  return {
    name: "tracker",
    trackers: contacts.map(({ record }) => record),
    self: run.own.sure,
    capsHit: run.capsHit,
    settled,
    keepOne() {
      const kept =
        contacts.find(({ gavePeers }) => gavePeers) ??
        contacts.find(({ mayYetAnswer }) => mayYetAnswer) ??
        contacts[0]
      const others = contacts.filter((contact) => contact !== kept)
      for (const contact of others) dismissalOf(contact).abort()
      leaving = Promise.all(others.map((contact) => contact.leave(new AbortController().signal)))
      return kept?.record.url ?? null
    },
    provenSelf(endpoint) {
      const parsed = parseEndpoint(endpoint)
      if (!parsed) return
      const listed = formatEndpoint(parsed.host, parsed.port)
      run.own.prove(listed)
      for (const contact of contacts) contact.forget(listed)
    },
    async *discover(signal) {
      const onAbort = () => stop.abort(signal.reason)
      if (signal.aborted) onAbort()
      signal.addEventListener("abort", onAbort, { once: true })
      const ask = question.private ? askOneAtATime : askAll
      asking = ask(stop.signal).finally(() => {
        settle()
        queue.close()
      })
      try {
        yield* queue
      } finally {
        stop.abort()
        signal.removeEventListener("abort", onAbort)
        // A bug of ours must not vanish with the promise.
        await asking
      }
    },
    async farewell(signal) {
      stop.abort()
      await asking
      await leaving
      await Promise.all(contacts.map((contact) => contact.leave(signal)))
      for (const contact of contacts) contact.close()
    },
  }
}

/** Each URL once. One that the user names too is the user's: its own rules apply, in the torrent's tier. */
function namedTrackers({ tiers, userTrackers }: TrackerQuestion): NamedTracker[] {
  const named = new Map<string, NamedTracker>()
  const add = (url: string, tier: number) => {
    const origin = userTrackers.includes(url) ? "user" : "torrent"
    if (!named.has(url)) named.set(url, { url, tier, origin })
  }
  tiers.forEach((tier, i) => tier.forEach((url) => add(url, i)))
  for (const url of userTrackers) add(url, tiers.length)
  return [...named.values()]
}

/** BEP 12: tier by tier, each shuffled. */
function inRandomOrder(contacts: readonly Contact[], network: Network): Contact[] {
  const keyed = contacts.map((contact) => ({
    contact,
    chance: Buffer.from(network.randomBytes(6)).readUIntBE(0, 6),
  }))
  keyed.sort((a, b) => a.contact.record.tier - b.contact.record.tier || a.chance - b.chance)
  return keyed.map(({ contact }) => contact)
}
