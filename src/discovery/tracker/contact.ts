/** One tracker: its registrations (one per address family), what it was asked, what it said, and when it may be asked again. */
import type { Endpoint, Family, Tracker } from "../../evidence.ts"
import { fail, type Failure } from "../../failure.ts"
import { limits } from "../../limits.ts"
import { admits, barsPort } from "../../torrent/endpoint.ts"
import { maskTrackerUrl, protocolOf } from "../../torrent/tracker-url.ts"
import { createCanary, type CanaryProbe } from "./canary.ts"
import { isPassing, isWebSocket, maxAddresses, openChannel, parseTrackerUrl } from "./channel.ts"
import { withDeadline } from "../deadline.ts"
import { hostOf, portOf } from "./http-tracker.ts"
import { announceRecord, scrapeRecord, unasked } from "./records.ts"
import { isSpoken } from "./reply.ts"
import { createRegistration, type Registration } from "./registration.ts"
import type { Run } from "./run.ts"
import { staggered } from "./stagger.ts"

export interface NamedTracker {
  url: string
  tier: number
  origin: Tracker["origin"]
}

export interface Contact {
  readonly record: Tracker
  /** Whether it gave us any peers that are not ourselves. */
  readonly gavePeers: boolean
  /** Not asked yet, or it never answered and for a reason that may be over in a moment. */
  readonly mayYetAnswer: boolean
  /**
   * The first questions, or the stored answers to them: announce, then scrape. Whether it answered. May be called again as
   * long as it may yet answer. `oneTryMs` bounds the announce, its name's resolution included, and the scrape.
   */
  open(signal: AbortSignal, oneTryMs: number | null): Promise<boolean>
  /** When it may be asked again, in `network.now()` ms; Infinity: not in this run. */
  dueMs(): number
  /** Announces again wherever that is due. Whether it answered. */
  renew(signal: AbortSignal): Promise<boolean>
  /** A dial reached ourselves there. */
  forget(endpoint: Endpoint): void
  /** `stopped` wherever it accepted us, or may have. */
  leave(signal: AbortSignal): Promise<void>
  close(): void
}

const firstAnnounce = { event: "started", numwant: limits.tracker.numwant } as const

export function createContact(run: Run, { url, tier, origin }: NamedTracker): Contact {
  const { network, families, depth, infoHash } = run.question
  const record: Tracker = {
    url: maskTrackerUrl(url),
    tier,
    protocol: protocolOf(url),
    origin,
    families: [],
    announces: [],
    scrape: null,
    canary: null,
  }
  const registrations: Registration[] = []
  const webSocket = isWebSocket(record.protocol)
  let canary: CanaryProbe | null = null
  let canaryAsked = false
  let opened = false
  let answered = false
  let leaving = Promise.resolve()
  let canaryLater = Promise.resolve()

  /** Nobody to ask. */
  function giveUp({ failure }: { failure: Failure }, family: Family | null): void {
    const asked = { ...run.stamp(), family }
    const answer = unasked(failure)
    if (depth === "scrape") record.scrape = scrapeRecord(answer, asked, 0)
    else
      record.announces.push(
        announceRecord(answer, { ...asked, ...firstAnnounce, selfCount: 0, peerCount: 0 }),
      )
  }

  async function register(signal: AbortSignal, resolveMs: number): Promise<void> {
    const parsed = parseTrackerUrl(url)
    const { protocol } = record
    if (protocol === "unknown") {
      return giveUp(fail("unsupported", `${protocol} trackers are not asked`), null)
    }
    if (!parsed) return giveUp(fail("unsupported", "not a tracker URL"), null)
    const found = await withDeadline(network, resolveMs, signal, (signal) =>
      network.resolve(hostOf(parsed), signal),
    )
    if (!found.ok) return giveUp(found, null)
    const named = (["ipv4", "ipv6"] as const).filter((family) => found.value.some((a) => a.family === family))
    record.families.push(...named)
    const both = named.filter((family) => families.includes(family))
    // By a name that the proxy looks up it is asked once: over which family, the proxy chooses.
    const wanted = found.value.some(({ byProxy }) => byProxy) ? both.slice(0, 1) : both
    if (wanted.length === 0) giveUp(fail("filtered", "no address of the wanted family"), null)
    const rules = run.question.rulesFor(url, origin)
    const mayAsk = (host: string) => origin === "user" || run.fanIn.mayAsk(host)
    const own = run.own.at(parsed.hostname)
    canary = createCanary(run, url, protocol, own)
    for (const family of wanted) {
      const addresses = found.value.filter(
        (a) => a.family === family && admits(rules, a.host, portOf(parsed)),
      )
      const isPort = found.value.some((a) => barsPort(rules, a.host, portOf(parsed)))
      const refused = isPort ? "its port is another service's" : "our rules forbid its address"
      const asked = addresses.slice(0, maxAddresses).filter(({ host }) => mayAsk(host))
      if (addresses.length === 0) giveUp(fail("filtered", refused), family)
      else if (asked.length === 0) giveUp(fail("filtered", "too many other trackers at its address"), family)
      else {
        const { userAgent } = run.question
        const channel = openChannel({
          url: parsed,
          protocol,
          addresses: asked,
          rules,
          mayFollow: (host) => run.fanIn.mayFollow(host),
          userAgent,
          network,
          timing: run.timing,
        })
        registrations.push(createRegistration({ run, url, family, channel, own, record, acceptedCount }))
      }
    }
  }

  const acceptedCount = () => registrations.filter((registration) => registration.accepted).length

  /** Over all families at nearly the same time; over WebSockets until one has given its answer: counts are all there is to have. */
  async function announceBy(
    asked: readonly Registration[],
    signal: AbortSignal,
    announce: (registration: Registration) => Promise<void>,
  ): Promise<void> {
    if (!webSocket) return staggered(asked, network, signal, announce)
    for (const registration of asked) {
      if (signal.aborted) return
      await announce(registration)
      if (!registration.mayYetAnswer) return
    }
  }

  /** By WebRTC nobody can reach us: whoever were sent to us would try in vain, so we don't stay. */
  function leaveWebSocket(): void {
    leaving = leaving.then(() => leaveAll(new AbortController().signal))
  }

  const leaveAll = async (signal: AbortSignal): Promise<void> => {
    await Promise.all(registrations.map((registration) => registration.leave(signal)))
    if (webSocket) for (const { channel } of registrations) channel.close()
  }

  /** Once, over the first family whose tracker has just accepted us; after a stored answer it comes with the next one. */
  async function askCanary(signal: AbortSignal): Promise<void> {
    const accepted = registrations.find((registration) => registration.accepted)
    if (!accepted || !canary || canaryAsked || signal.aborted) return
    canaryAsked = true
    record.canary = await canary.ask(accepted, signal)
  }

  /** At once, or when it may be asked. */
  async function canaryInTime(signal: AbortSignal): Promise<void> {
    const allowed = run.question.canary
    if (allowed === undefined) await askCanary(signal)
    else canaryLater = allowed.then((may) => (may ? askCanary(signal) : undefined))
  }

  /** Once per tracker, after the announces: by a registration whose tracker spoke to us. */
  async function scrape(signal: AbortSignal, oneTryMs: number | null): Promise<void> {
    for (const registration of registrations.filter((one) => depth === "scrape" || one.spoke)) {
      if (signal.aborted) return
      const asked = { ...run.stamp(), family: registration.family }
      const answer = await registration.channel.scrape(infoHash, signal, oneTryMs)
      record.scrape = scrapeRecord(answer, asked, acceptedCount())
      if (isSpoken(answer.reply) || record.scrape.failure?.code === "unsupported") return
    }
  }

  return {
    record,
    get gavePeers() {
      return registrations.some((registration) => registration.gavePeers)
    },
    get mayYetAnswer() {
      const asked = depth === "scrape" ? [record.scrape] : record.announces
      const passing = asked.some((each) => each?.failure && isPassing(each.failure))
      return !opened || (!answered && passing)
    },
    async open(signal, oneTryMs) {
      opened = true
      const { httpTotalMs } = run.timing
      const startedMs = network.now()
      if (registrations.length === 0)
        await register(signal, oneTryMs === null ? httpTotalMs : Math.min(oneTryMs, httpTotalMs))
      if (depth === "scrape") {
        await scrape(signal, oneTryMs)
        answered = record.scrape?.ok === true
        return answered
      }
      const open = registrations.filter(({ mayYetAnswer }) => mayYetAnswer)
      await announceBy(open, signal, (registration) => {
        const leftMs = oneTryMs === null ? null : Math.max(0, startedMs + oneTryMs - network.now())
        return registration.open(signal, leftMs)
      })
      await scrape(signal, webSocket ? run.timing.wsScrapeMs : oneTryMs)
      for (const registration of registrations) registration.remember()
      if (webSocket) leaveWebSocket()
      await canaryInTime(signal)
      answered = record.announces.some(({ ok }) => ok)
      return answered
    },
    dueMs: () => Math.min(Infinity, ...registrations.map((registration) => registration.dueMs)),
    async renew(signal) {
      // A timer may fire a millisecond early.
      const due = registrations.filter(({ dueMs }) => dueMs <= network.now() + 1)
      const before = record.announces.length
      await leaving
      await announceBy(due, signal, (registration) => registration.renew(signal))
      for (const registration of due) registration.remember()
      if (webSocket) leaveWebSocket()
      await canaryInTime(signal)
      return due.length === 0 || record.announces.slice(before).some(({ ok }) => ok)
    },
    forget(endpoint) {
      for (const registration of registrations) registration.forget(endpoint)
    },
    async leave(signal) {
      await canaryLater
      await Promise.all([leaving.then(() => leaveAll(signal)), canary?.leave(signal)])
    },
    close() {
      for (const { channel } of registrations) channel.close()
    },
  }
}
