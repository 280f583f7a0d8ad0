/**
 * BEP 9 for a magnet link: asks several peers at once for the metadata until one sends what the info hash names. Nobody holds
 * a place for long while another peer waits for it, so that liars and slow ones cost a moment and not the search.
 */
import type { Endpoint, MetadataSearch } from "../evidence.ts"
import { failure, type Failure } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Connection, Network } from "../network.ts"
import { createAlarm } from "../wire/alarm.ts"
import type { Way } from "../wire/dial.ts"
import {
  visitForMetadata,
  type MetadataFetch,
  type MetadataSwarm,
  type MetadataVisit,
} from "../wire/metadata.ts"
import type { PexMessage } from "../wire/pex.ts"
import { parseEndpoint } from "../torrent/endpoint.ts"
import { createPacer } from "./pacer.ts"
import type { SharedBudgets } from "./side-by-side/budgets.ts"
import { createCandidates, hostKey, type Candidate } from "./metadata-candidates.ts"

export interface MetadataSearchOptions {
  readonly swarm: Omit<MetadataSwarm, "onPex">
  readonly network: Network
  /** Ends the search. */
  readonly signal: AbortSignal
  /** ms since the run started. */
  now(): number
  /** What a peer says of others (BEP 11), unchecked: offer of them whom the search may ask. */
  onPex?(from: Endpoint, message: PexMessage): void
  /** Each `limits.metadata` unless given here. */
  readonly maxVisits?: number
  /** No bound unless given here. */
  readonly dialsPerSecond?: number
  /** Where several audits share sockets and dials; absent: these are this search's own. */
  readonly budgets?: Pick<SharedBudgets, "places" | "dials"> | undefined
  readonly maxFetches?: number
  readonly graceMs?: number
  readonly retryMs?: number
  readonly lackingMs?: number
  readonly maxTotalBytes?: number
  readonly maxTries?: number
}

export interface MetadataSearching {
  /** An address that may be contacted: the caller has admitted it. Known ones are passed over. */
  offer(address: Endpoint): void
  /** A peer that dialled us, from a host that was admitted. */
  welcome(connection: Connection): void
  /** The info dictionary; null: stopped before, or `limits.metadata.maxTotalBytes` spent. */
  readonly found: Promise<Uint8Array | null>
  /** What evidence says about it, so far. */
  readonly record: MetadataSearch
  readonly tries: MetadataSearch["tries"]
  /** By which way that peer shook hands; null: it was not met. */
  wayOf(address: Endpoint): Way | null
  /** Peers asked now, to be asked, or to be asked again: 0 means that nothing comes without a new offer. */
  readonly waiting: number
  /** Of these, who is asked now. */
  readonly asking: number
  /** Somebody dialled us and shook hands on this info hash. */
  readonly inbound: boolean
  /** Addresses, and lines of the record, that there was no room for; connections not taken. */
  readonly left: number
  /** As TCP carried them. */
  readonly bytes: { readonly read: number; readonly written: number }
  /** Closes everything that is open. */
  stop(): Promise<void>
}

interface Place {
  readonly visit: MetadataVisit
  readonly host: string
  /** Null: it dialled us. */
  readonly candidate: Candidate | null
  /** Set while it waits for its turn to be asked for metadata. */
  mayAsk: (() => void) | null
  /** When its turn came. */
  askedMs: number | null
}

export function searchMetadata(options: MetadataSearchOptions): MetadataSearching {
  const { network, signal } = options
  const now = () => options.now()
  const swarm: MetadataSwarm = {
    ...options.swarm,
    network,
    onPex: (from, message) => options.onPex?.(from, message),
  }
  const maxVisits = options.maxVisits ?? limits.metadata.maxVisits
  const maxFetches = options.maxFetches ?? limits.metadata.maxFetches
  const maxTotalBytes = options.maxTotalBytes ?? limits.metadata.maxTotalBytes
  const maxTries = options.maxTries ?? limits.metadata.maxTries
  const graceMs = options.graceMs ?? limits.metadata.graceMs
  const candidates = createCandidates(
    options.retryMs ?? limits.metadata.retryMs,
    options.lackingMs ?? limits.metadata.lackingMs,
    {
      policy: swarm.encryption ?? "off",
      overUtp(address) {
        const family = parseEndpoint(address)?.family
        return family !== undefined && swarm.utp?.families.includes(family) === true
      },
    },
  )
  const places = new Set<Place>()
  const closing = new Set<Promise<void>>()
  const found = Promise.withResolvers<Uint8Array | null>()
  const bytes = { read: 0, written: 0 }
  const record: MetadataSearch = { from: null, ms: null, tries: [] }
  let left = 0
  let over = false
  let inbound = false
  const { budgets } = options
  const pacer = budgets?.dials ?? createPacer(options.dialsPerSecond ?? Infinity, () => network.now())
  let nextDialMs = pacer.reserve()
  const alarm = createAlarm(network, pump)
  const open = budgets?.places({
    onFree: () => queueMicrotask(pump),
    awaited: () => (over ? [] : candidates.due(network.now())),
  })

  const outgoing = () => [...places].filter(({ candidate }) => candidate !== null)
  const isBusy = (host: string, address: Endpoint) =>
    open?.busy(address) === true ||
    [...places].some((place) => place.candidate !== null && place.host === host)

  function start(via: Endpoint | Connection, candidate: Candidate | null): void {
    const openedMs = now()
    const turn = (ready: MetadataVisit) =>
      new Promise<void>((resolve) => {
        for (const place of places) if (place.visit === ready) place.mayAsk = resolve
        pump()
      })
    const dial = candidate === null ? undefined : candidates.dialOf(candidate)
    const visit = visitForMetadata(swarm, via, signal, turn, dial)
    const place: Place = { visit, host: hostKey(visit.address), candidate, mayAsk: null, askedMs: null }
    places.add(place)
    closing.add(visit.over)
    const at = typeof via === "string" ? via : via.remote
    void open?.hold(at, candidate === null ? "incoming" : "outgoing", () => visit.over)
    void visit.fetched.then((fetch) => conclude(place, fetch, openedMs))
    void visit.over.then(() => {
      closing.delete(visit.over)
      places.delete(place)
      bytes.read += visit.bytes.read
      bytes.written += visit.bytes.written
      if (bytes.read > maxTotalBytes) end(null, failure("budget"))
      pump()
    })
  }

  function conclude({ visit, candidate }: Place, fetch: MetadataFetch, openedMs: number): void {
    const { outcome, ms } = fetch
    if (candidate === null && visit.handshaken) inbound = true
    if (record.tries.length >= maxTries) left++
    else
      record.tries.push({
        address: visit.address,
        atMs: openedMs,
        ms,
        ok: outcome.ok,
        bytes: fetch.bytes,
        failure: outcome.ok ? null : outcome.failure,
      })
    if (candidate !== null) candidates.putBack(candidate, fetch, network.now())
    if (!outcome.ok || over) return pump()
    record.from = visit.address
    record.ms = now()
    end(outcome.value, failure("aborted", "another peer was first"))
  }

  function end(info: Uint8Array | null, why: Failure): void {
    if (over) return
    over = true
    alarm.clear()
    signal.removeEventListener("abort", onAbort)
    for (const { visit } of places) visit.close(why)
    found.resolve(info)
  }
  const onAbort = () => end(null, failure("aborted"))

  function pump(): void {
    if (over) return
    // One time for all of it: what becomes due meanwhile is for the alarm.
    const nowMs = network.now()
    fillVisits(nowMs)
    fillFetches(nowMs)
    const dueMs = candidates.nextDueMs()
    const starved = dueMs <= nowMs || [...places].some(({ mayAsk }) => mayAsk !== null)
    const times = starved ? [...places].map((place) => sinceMs(place) + holdMs(place)) : []
    const nextMs = Math.min(...[dueMs, nextDialMs, ...times].filter((ms) => ms > nowMs))
    if (nextMs < Infinity) alarm.set(nextMs)
  }

  function fillVisits(nowMs: number): void {
    for (;;) {
      if (nowMs < nextDialMs) return
      const isDue = candidates.isDue(nowMs, isBusy)
      open?.waits(isDue && open.full)
      if (!isDue || (outgoing().length >= maxVisits && !makeRoom())) return
      // What gives way is free a moment later: then it is told.
      if (open?.full === true) return void makeRoom()
      const candidate = candidates.take(nowMs, isBusy)
      if (candidate === null) return
      candidate.attempts++
      nextDialMs = pacer.reserve()
      start(candidate.address, candidate)
    }
  }

  /** Of those we dialled: who only listens, else who has kept us waiting longest. Who waits for its turn waits for us. */
  function makeRoom(): boolean {
    const idle = outgoing().filter(({ visit }) => visit.stage === "listening")
    const slow = outgoing().filter(
      (place) => ["dialling", "greeting"].includes(place.visit.stage) && isLate(place),
    )
    return giveWay(oldest(idle) ?? oldest(slow))
  }

  function fillFetches(nowMs: number): void {
    for (const place of places) {
      const fetching = [...places].filter(
        ({ askedMs, visit }) => askedMs !== null && visit.stage !== "listening",
      )
      if (place.mayAsk === null || fetching.some(({ host }) => host === place.host)) continue
      if (fetching.length >= maxFetches && !giveWay(slowest(fetching))) return
      if (fetching.length > 0 && sizesOf([...fetching, place]) > limits.metadata.maxHeldBytes) {
        // Who gives way is gone a moment later: then it is looked again.
        giveWay(slowest(fetching))
        continue
      }
      place.askedMs = nowMs
      place.mayAsk()
      place.mayAsk = null
    }
  }

  const sizesOf = (visits: readonly Place[]) =>
    visits.reduce((sum, { visit }) => sum + (visit.sizeBytes ?? 0), 0)

  /** Longer each time: else the slow would push each other out in turn for ever. */
  const holdMs = ({ candidate }: Place) => graceMs * 2 ** ((candidate?.attempts ?? 1) - 1)
  const isLate = (place: Place) => network.now() - sinceMs(place) >= holdMs(place)

  /** Never the one that will be done first. */
  function slowest(fetching: readonly Place[]): Place | undefined {
    const byRemaining = fetching.toSorted((a, b) => remainingMs(a) - remainingMs(b))
    return byRemaining.slice(1).findLast(isLate)
  }

  function remainingMs({ visit }: Place): number {
    const { sizeBytes, receivedBytes, stageMs } = visit
    if (sizeBytes === null || receivedBytes === 0) return Number.MAX_VALUE
    return ((sizeBytes - receivedBytes) / receivedBytes) * (network.now() - stageMs)
  }

  function giveWay(place: Place | undefined): boolean {
    if (place === undefined) return false
    places.delete(place)
    place.visit.close(failure("budget", "gave way to another peer"))
    return true
  }

  if (signal.aborted) onAbort()
  else signal.addEventListener("abort", onAbort, { once: true })

  return {
    offer(address) {
      if (over) return
      candidates.offer(address, network.now())
      pump()
    },
    welcome(connection) {
      const host = hostKey(connection.remote)
      const knocking = [...places].filter(({ candidate }) => candidate === null)
      if (over) return connection.close(failure("aborted"))
      if (open?.turnsAway(connection.remote) === true) {
        left++
        return connection.close(failure("budget"))
      }
      if (knocking.some((place) => place.host === host)) return connection.close(failure("duplicate"))
      if (knocking.length >= maxVisits) {
        const idle = knocking.filter(({ visit }) => visit.stage === "listening" || visit.stage === "greeting")
        if (!giveWay(oldest(idle))) {
          left++
          return connection.close(failure("budget"))
        }
      }
      start(connection, null)
    },
    found: found.promise,
    record,
    tries: record.tries,
    wayOf: (address) => candidates.wayOf(address),
    get waiting() {
      return candidates.waiting + places.size
    },
    get asking() {
      return places.size
    },
    get inbound() {
      return inbound
    },
    get left() {
      return left + candidates.left
    },
    bytes,
    async stop() {
      end(null, failure("aborted"))
      await Promise.all(closing)
    },
  }
}

/** It has been as it is now. */
const sinceMs = ({ visit, askedMs }: Place): number => Math.max(visit.stageMs, askedMs ?? 0)

const oldest = (places: readonly Place[]): Place | undefined =>
  places.toSorted((a, b) => a.visit.stageMs - b.visit.stageMs)[0]
