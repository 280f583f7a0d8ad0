/**
 * BEP 55: a peer that we could not open ourselves is dialled at the same moment as it dials us, both told so by a relay that knows
 * both. The relay names us by the endpoint from which it sees us, so we talk to it over uTP, from the port that we are dialled at.
 */
import type { Endpoint, Sighting } from "../evidence.ts"
import { failure } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Network } from "../network.ts"
import { admits, parseEndpoint } from "../torrent/endpoint.ts"
import { decodeHolepunch, encodeHolepunch, type HolepunchMessage } from "../wire/holepunch.ts"
import type { Session, Swarm } from "../wire/session.ts"
import { within } from "../wire/waiting.ts"
import type { Admission } from "./admission.ts"
import type { Dialling } from "./dialling.ts"
import { hasClaimed, type Entry, type RunningAttempt } from "./peer-book.ts"
import { createRelays, speaksHolepunch } from "./relays.ts"
import type { Sockets } from "./sockets.ts"
import { isShut, utpWays } from "./ways.ts"

export interface HolepunchContext {
  readonly swarm: Pick<Swarm, "encryption" | "utp">
  readonly network: Pick<Network, "sleep" | "date">
  readonly signal: AbortSignal
  readonly book: ReadonlyMap<Endpoint, Entry>
  readonly admission: Pick<Admission, "peer">
  readonly open: Pick<Sockets, "busy" | "hold">
  readonly dialling: Pick<Dialling, "begin" | "dialBy" | "meet">
  /** ms since the run started. */
  readonly now: () => number
  isSelf(address: Endpoint): boolean
  /** Enters it in the book, if there is room and it isn't known, and off the queue. */
  take(address: Endpoint, source: Sighting): Entry | null
  /** To be dialled like everybody else. */
  giveBack(entry: Entry): void
  /** The run waits for it. */
  track(work: Promise<void>): void
  /** Whatever else is to be heard of that session. */
  introduce(session: Session, entry: Entry): void
}

export interface Holepunch {
  /** A message as it came. */
  hear(session: Session, payload: Uint8Array): void
  /** From now on it is known who speaks in this session. */
  introduce(session: Session, entry: Entry): void
  /**
   * No dial of ours led to it: whoever named it and speaks BEP 55 is asked to help, now or when it names it. Resolves when nobody
   * is left who could, or when what came of it is over.
   */
  seek(entry: Entry): Promise<void>
  /** Somebody named it once more. */
  named(entry: Entry): void
  /** Through whom it was just told to dial us. */
  relayOf(entry: Entry): Endpoint | null
  /** That session is, or soon may be, of use for others. */
  isNeeded(session: Session): boolean
  /** A relay there is dialled anew, over uTP, as soon as its other connection is over. */
  awaits(host: string): boolean
}

const { maxRelays, maxPerRelay, maxConnects, maxRefusals, answerMs, againMs } = limits.holepunch
const pollMs = 100
/** PEX flag: speaks BEP 55. */
const holepunchFlag = 8
const vouches = ({ flags = 0 }: Sighting): number => flags & holepunchFlag

export function createHolepunch(context: HolepunchContext): Holepunch {
  const { swarm, network, signal, book, open, dialling, now } = context
  const ways = utpWays(swarm.encryption ?? "off")
  const relays = createRelays({
    ...context,
    introduce(session, entry) {
      speakers.set(session, entry)
      context.introduce(session, entry)
    },
  })
  const speakers = new WeakMap<Session, Entry>()
  /** Rendezvous that wait for their answer, by relay and target. */
  const asked = new Map<string, (answer: HolepunchMessage) => void>()
  /** Of each relay: peers that it was asked about, was told to be dialled by us, and was refused. */
  const questions = new Map<Entry, number>()
  const orders = new Map<Entry, number>()
  const refusals = new Map<Entry, number>()
  /** Who was asked to help with whom. */
  const sought = new Map<Entry, Set<Entry>>()
  const punched = new Map<Endpoint, { atMs: number; relay: Endpoint }>()

  const keyOf = (relay: Entry, target: Endpoint) => `${relay.address} ${target}`

  /** Who names it by PEX and speaks BEP 55, in its family: it could not dial us in another. */
  function relaysFor(target: Entry): Entry[] {
    const family = parseEndpoint(target.address)?.family
    const naming = target.sources
      .filter(({ kind }) => kind === "pex")
      .toSorted((a, b) => vouches(b) - vouches(a))
      .flatMap(({ via }) => book.get(via ?? "") ?? [])
    return [...new Set(naming)].filter(
      (relay) =>
        speaksHolepunch(relay) &&
        parseEndpoint(relay.address)?.family === family &&
        // One that came by itself may have named any port.
        !relay.leftUntested,
    )
  }

  async function seekThroughAll(target: Entry): Promise<void> {
    const helpers = sought.get(target) ?? new Set()
    for (const relay of relaysFor(target)) {
      if (signal.aborted || isReachable(target)) return
      if (helpers.has(relay) || helpers.size >= maxRelays) continue
      helpers.add(relay)
      await seekThrough(relay, target)
    }
  }

  async function seekThrough(relay: Entry, target: Entry): Promise<void> {
    const [way] = ways
    if (way === undefined) return
    const attempt = dialling.begin(target, way, relay.address)
    const refused = (why: string) => attempt.finish(failure("no-rendezvous", why), false)
    if (!isWithin(questions, relay, maxPerRelay)) return refused("it was asked about too many peers")
    const rendezvous = async (session: Session) => {
      const answer = await ask(session, relay, target)
      if (signal.aborted) attempt.finish(failure("aborted"), false)
      else if (answer === null) refused("no answer")
      else if (answer.kind === "error") refused(answer.error ?? "an error without a name")
      else await punch(target, relay, attempt)
    }
    await relays.use(relay, async (session) => {
      const at = target.address
      const untilMs = session === null ? 0 : now() + answerMs
      while (!signal.aborted && now() < untilMs && open.busy(at)) await network.sleep(pollMs, signal)
      if (signal.aborted) return attempt.finish(failure("aborted"), false)
      if (session === null) return refused("no uTP session with the relay")
      if (open.busy(at)) return refused("two others at its address kept us busy")
      await open.hold(at, "outgoing", () => rendezvous(session))
    })
  }

  async function ask(session: Session, relay: Entry, target: Entry): Promise<HolepunchMessage | null> {
    const rendezvous = encodeHolepunch("rendezvous", target.address)
    if (rendezvous === null) return null
    const { promise: answered, resolve } = Promise.withResolvers<HolepunchMessage>()
    const key = keyOf(relay, target.address)
    let answer: HolepunchMessage | null = null
    asked.set(key, (message) => {
      answer = message
      resolve(message)
    })
    session.sendHolepunch(rendezvous)
    const over = Promise.race([answered, session.ended]).then(() => true)
    await within(network, over, answerMs, signal)
    asked.delete(key)
    return answer
  }

  /**
   * Over uTP, at once: in the clear, then encrypted. Their own dial may come first; then ours finds them met. The socket is the
   * caller's to count.
   */
  async function punch(target: Entry, relay: Entry, begun: RunningAttempt | null): Promise<void> {
    punched.set(target.address, { atMs: now(), relay: relay.address })
    for (const [i, way] of ways.entries()) {
      if (i > 0) await network.sleep(limits.peer.redialMs, signal)
      if (i > 0 && (signal.aborted || target.session !== null || hasClaimed(target))) return
      const attempt = (i === 0 ? begun : null) ?? dialling.begin(target, way, relay.address)
      const dialled = await dialling.dialBy(target, way, attempt)
      if (dialled.ok) await dialling.meet(target, dialled.value, attempt)
      if (!isShut(dialled.ok ? dialled.value.record.end : dialled.failure)) return
    }
  }

  /** That relay was asked for us. As with PEX, whom others' word alone made known introduces nobody. */
  function obey(relay: Entry, endpoint: Endpoint): void {
    const at = parseEndpoint(endpoint)
    const lastMs = punched.get(endpoint)?.atMs ?? -Infinity
    if (at === null || context.isSelf(endpoint) || now() - lastMs < againMs) return
    if (!admits(context.admission.peer("pex", relay.address), at.host, at.port)) return
    if (!book.has(endpoint) && relay.sources.every(({ kind }) => kind === "pex")) return
    // However many of its ports relays name: whoever is there never asked for it.
    if (open.busy(endpoint)) return
    if (!isWithin(orders, relay, maxConnects)) return
    const source = { via: relay.address, at: network.date().toISOString(), flags: holepunchFlag }
    const target = context.take(endpoint, { kind: "pex", ...source })
    if (target === null || target.session !== null || hasClaimed(target)) return
    context.track(
      open
        .hold(endpoint, "outgoing", () => punch(target, relay, null))
        .then(() => {
          if (!isReachable(target)) context.giveBack(target)
        }),
    )
  }

  /** We relay for nobody. */
  function refuse(session: Session, relay: Entry, endpoint: Endpoint): void {
    const answer = encodeHolepunch("error", endpoint, "no support")
    if (answer !== null && isWithin(refusals, relay, maxRefusals)) session.sendHolepunch(answer)
  }

  /** It was named by that peer, and is dialled for the first time, or soon. */
  const isOpenQuestion = (entry: Entry, relay: Entry): boolean =>
    !isReachable(entry) &&
    entry.barred === null &&
    !sought.has(entry) &&
    entry.sources.some(({ kind, via }) => kind === "pex" && via === relay.address)

  return {
    hear(session, payload) {
      const relay = speakers.get(session)
      const message = decodeHolepunch(payload)
      if (relay === undefined || message === null) return
      if (message.kind === "rendezvous") return refuse(session, relay, message.endpoint)
      const answer = asked.get(keyOf(relay, message.endpoint))
      if (answer) answer(message)
      else if (message.kind === "connect") obey(relay, message.endpoint)
    },
    introduce(session, entry) {
      speakers.set(session, entry)
    },
    async seek(target) {
      if (!swarm.utp || isReachable(target)) return
      if (!sought.has(target)) sought.set(target, new Set())
      await seekThroughAll(target)
    },
    named(target) {
      if (sought.has(target) && !isReachable(target)) context.track(seekThroughAll(target))
    },
    relayOf({ address }) {
      const last = punched.get(address)
      return last !== undefined && now() - last.atMs < answerMs ? last.relay : null
    },
    isNeeded(session) {
      const relay = speakers.get(session)
      if (relay === undefined || session.record.transport !== "utp" || !session.speaksHolepunch) return false
      return relays.isUsed(relay) || [...book.values()].some((entry) => isOpenQuestion(entry, relay))
    },
    awaits: (host) => relays.awaits(host),
  }
}

/** It was met, or takes TCP connections: no NAT is in the way. */
const isReachable = ({ session, visits, attempts }: Entry): boolean =>
  session !== null ||
  visits.some(({ handshakeMs }) => handshakeMs !== null) ||
  attempts.some(({ transport, failure }) => transport === "tcp" && isShut(failure))

/** Counts one more, up to a bound. */
function isWithin(tally: Map<Entry, number>, relay: Entry, most: number): boolean {
  const count = tally.get(relay) ?? 0
  if (count < most) tally.set(relay, count + 1)
  return count < most
}
