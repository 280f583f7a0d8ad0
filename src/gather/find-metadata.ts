/** The first half of a run for a magnet link: everybody who is named is asked for the metadata, and kept in mind for later. */
import type { Observation } from "../discovery/source.ts"
import type { CapName, Endpoint, MetadataSearch } from "../evidence.ts"
import { limits, type Pace } from "../limits.ts"
import type { Connection, Network } from "../network.ts"
import { admits, admitsHost, parseEndpoint } from "../torrent/endpoint.ts"
import type { Way } from "../wire/dial.ts"
import type { MetadataSwarm } from "../wire/metadata.ts"
import type { Admission } from "./admission.ts"
import { createIntroductions } from "./introductions.ts"
import { searchMetadata } from "./metadata-search.ts"
import type { SharedBudgets } from "./side-by-side/budgets.ts"

export interface MetadataContext {
  readonly ourselves: Omit<MetadataSwarm, "pex">
  readonly pex: boolean
  readonly network: Network
  readonly signal: AbortSignal
  readonly rules: Admission
  readonly pace: Pick<Pace, "sockets" | "dialsPerSecond">
  /** Where several audits share what the pace allows. */
  readonly budgets?: SharedBudgets | undefined
  readonly maxPeers: number
  readonly hit: (cap: CapName, dropped?: number) => void
  /** ms since the run started. */
  readonly now: () => number
}

export interface FindMetadata {
  /** All that was named so far, in order: nothing of it is lost for the audit. */
  readonly heard: readonly Observation[]
  readonly lastNewsMs: number
  /** Peers that are being asked, or wait for it. */
  readonly unfinished: number
  readonly asking: number
  /** Somebody reached our listening port. */
  readonly inbound: boolean
  readonly record: MetadataSearch
  /** As TCP carried them. */
  readonly bytes: { readonly read: number; readonly written: number }
  see(observation: Observation): void
  welcome(connection: Connection): void
  /** By which way that peer shook hands; null: it was not met. */
  wayOf(address: Endpoint): Way | null
  /** The `info` dictionary, its SHA-1 right; null as long as nobody sent it. */
  readonly info: Uint8Array | null
  stop(): Promise<void>
}

export function findMetadata(context: MetadataContext): FindMetadata {
  const { ourselves, pex, network, signal, rules, pace, maxPeers, now } = context
  const heard: Observation[] = []
  const known = new Set<Endpoint>()
  const introductions = createIntroductions({ ...context, admission: rules })
  /** Speaker and whom it named: saying it again is no news. */
  const told = new Set<string>()
  let lastNewsMs = 0
  let info: Uint8Array | null = null

  const search = searchMetadata({
    swarm: { ...ourselves, pex },
    network,
    signal,
    now,
    maxVisits: Math.min(limits.metadata.maxVisits, pace.sockets),
    dialsPerSecond: pace.dialsPerSecond,
    budgets: context.budgets,
    onPex(via, { added }) {
      const introduces = heard.some(({ kind, peers }) => kind !== "pex" && peers.includes(via))
      if (!introduces) return
      const at = network.date().toISOString()
      for (const { address, flags } of added) {
        if (told.has(`${via} ${address}`)) continue
        if (told.size >= maxObservations) return context.hit("pex-peers")
        told.add(`${via} ${address}`)
        see({ kind: "pex", via, at, peers: [address], flags })
      }
    },
  })
  void search.found.then((sent) => {
    info = sent
  })

  function see(observation: Observation): void {
    const { kind, via } = observation
    const admitted = rules.peer(kind, via)
    const peers = observation.peers.filter((address) => {
      // Beyond maxPeers it is for the audit to say what it leaves out.
      if (known.has(address) || known.size >= maxPeers) return true
      if (!introductions.may(observation, address)) return false
      known.add(address)
      lastNewsMs = now()
      const at = parseEndpoint(address)
      if (at !== null && admits(admitted, at.host, at.port)) search.offer(address)
      return true
    })
    if (peers.length > 0 && heard.length < maxObservations) heard.push({ ...observation, peers })
  }

  return {
    heard,
    get lastNewsMs() {
      return lastNewsMs
    },
    get unfinished() {
      return search.waiting
    },
    get asking() {
      return search.asking
    },
    get inbound() {
      return search.inbound
    },
    get record() {
      return search.record
    },
    get bytes() {
      return search.bytes
    },
    see,
    welcome(connection) {
      const host = parseEndpoint(connection.remote)?.host ?? ""
      if (admitsHost(rules.peer("incoming", null), host)) search.welcome(connection)
      else connection.close({ code: "filtered", detail: null })
    },
    wayOf: (address) => search.wayOf(address),
    get info() {
      return info
    },
    stop: () => search.stop(),
  }
}

/** Far more than maxPeers can use. */
const maxObservations = limits.run.maxPeers * 100
