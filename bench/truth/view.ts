/** What a tool says of a swarm, whichever tool: the columns that a score compares with the truth. */
import type { Snapshot } from "../../src/report.ts"
import type { Observed } from "./observer.ts"
import { quantile } from "./quantile.ts"
import type { Truth } from "./truth.ts"

export interface Range {
  readonly value: number
  readonly low: number
  /** null: no upper bound is claimed. */
  readonly high: number | null
  /** A limit of the tool's own held it down: the truth may be higher. */
  readonly censored: boolean
}

export interface PeerView {
  readonly endpoints: readonly string[]
  readonly client: string | null
  /** Base64, BEP 3 bit order; null: it never said. */
  readonly pieces: string | null
  readonly bytesPerSecond: Range | null
  /** Payload that was taken from it. */
  readonly bytes: number
}

export interface View {
  readonly peers: readonly PeerView[]
  readonly seeders: number
  readonly leechers: number
  /** `warn` and `fail`, whatever they are about. */
  readonly problems: readonly { readonly audit: string; readonly subject: string }[]
  readonly fullCopyMs: Range | null
  readonly wallMs: number
  readonly cpuMs: number
  readonly peakRssBytes: number
  readonly payloadBytes: number
}

const rangeOf = (range: Range | null): Range | null =>
  range && { value: range.value, low: range.low, high: range.high, censored: range.censored }

export const viewOfSnapshot = ({ run, peers, swarm, findings }: Snapshot): View => ({
  peers: peers
    .filter(({ outcome }) => outcome !== "self")
    .map((peer) => ({
      endpoints: [peer.address, ...peer.alsoAt],
      client: peer.client,
      pieces: peer.bitfield,
      bytesPerSecond: rangeOf(peer.goodputBytesPerSecond),
      bytes: peer.samples.reduce((sum, { bytes }) => sum + bytes, 0),
    })),
  seeders: swarm.seeders.reached,
  leechers: swarm.leechers.reached,
  problems: findings.filter(({ verdict }) => verdict === "warn" || verdict === "fail"),
  fullCopyMs: rangeOf(swarm.fullCopyMs),
  wallMs: run.durationMs,
  cpuMs: run.usage.cpuMs,
  peakRssBytes: run.usage.peakRssBytes,
  payloadBytes: run.usage.payloadBytes,
})

const hostOf = (endpoint: string): string => endpoint.slice(0, endpoint.lastIndexOf(":"))

/** How the readings of one peer's speed become one number. */
export type Reading = "mean" | "median"

const middle = (values: readonly number[]): number => quantile(values, 0.5) ?? NaN
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/**
 * libtorrent states no interval: a point. A peer that dialled in has a port of the moment: it is taken for the one party at
 * that address. A name and its version stand beside each other or with a slash between; both say the same.
 */
export function viewOfObserved(observed: Observed, truth: Truth, reading: Reading = "mean"): View {
  const home = (endpoint: string): string => {
    const endpoints = truth.parties.flatMap((party) => party.endpoints)
    const there = endpoints.filter((known) => hostOf(known) === hostOf(endpoint))
    return there.length === 1 && there[0] !== undefined ? there[0] : endpoint
  }
  return {
    peers: observed.peers.map(({ endpoint, client, pieces, totalBytes, readings }) => {
      const down = readings.map(([, rate]) => rate).filter((rate) => rate > 0)
      const value = (reading === "mean" ? mean : middle)(down)
      return {
        endpoints: [home(endpoint)],
        client: client.replace("/", " "),
        pieces,
        bytesPerSecond: down.length > 0 ? { value, low: value, high: value, censored: false } : null,
        bytes: totalBytes,
      }
    }),
    seeders: observed.seeders,
    leechers: observed.leechers,
    // A ban is all that it says of anybody, and wrong bytes are all that it bans for.
    problems: (observed.banned ?? []).map((endpoint) => ({
      audit: "corrupt-data",
      subject: `peer:${home(endpoint)}`,
    })),
    fullCopyMs: null,
    wallMs: observed.wallMs,
    cpuMs: observed.cpuMs,
    peakRssBytes: observed.peakRssBytes,
    payloadBytes: observed.payloadBytes,
  }
}
