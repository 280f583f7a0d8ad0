/** A real tracker on loopback, HTTP and UDP, which may lie. */
import { once } from "node:events"
import Server from "bittorrent-tracker/server"
import type { Network } from "../network.ts"
import { guardLibraries } from "../torrent/bencode.ts"
import { logAnnounces } from "./announce-log.ts"
import { toldSwarm } from "./told-swarm.ts"
import { liarOf, type TrackerLie } from "./tracker-lies.ts"
import { answerScrapes } from "./tracker-scrape.ts"

export interface TrackerOptions {
  lies?: readonly TrackerLie[]
  /** What it tells those alone who ask from these addresses, in place of `lies`. */
  liesTo?: { readonly addresses: readonly string[]; readonly lies: readonly TrackerLie[] }
  intervalMs?: number
  /** Told over HTTP only: BEP 15 has no field for it. */
  minIntervalMs?: number
  /** At most this many peers in a reply, whatever `numwant` says; unless given, the server's own 82. */
  peersPerReply?: number
  /** Peers that it can remember. */
  maxPeers?: number
  /** Gets each announce as a line of an announce log. */
  log?: (line: string) => void
}

export interface Registration {
  infoHash: Uint8Array
  peerId: Uint8Array
  port: number
  leftBytes: number
  /** BEP 3's other figures: nothing yet, unless given. */
  uploadedBytes?: number
  downloadedBytes?: number
  /** `started`, unless given. */
  event?: "started" | "update"
}

export interface DemoTracker {
  readonly httpUrl: string
  readonly udpUrl: string
  /** A peer's announce, over HTTP. */
  register(peer: Registration): Promise<void>
  stop(): Promise<void>
}

const defaultMinIntervalMs = 2_000
const loopback = "127.0.0.1"

export async function startTracker(network: Network, options: TrackerOptions = {}): Promise<DemoTracker> {
  guardLibraries()
  const { intervalMs = 60_000, maxPeers = 1_000, minIntervalMs = defaultMinIntervalMs } = options
  const { lies = [], liesTo } = options
  const [liar, partial] = [lies, liesTo?.lies ?? []].map((each) => liarOf(each, () => network.now()))
  const liarFor = (ip: string | undefined) =>
    ip !== undefined && liesTo?.addresses.includes(ip) ? partial! : liar!
  const server = new Server({
    ws: false,
    stats: false,
    trustProxy: false,
    interval: intervalMs,
    peersCacheLength: maxPeers,
  })
  answerScrapes(server, minIntervalMs)
  // Hosts without IPv6 have no ::1 to bind to, and the demo needs none.
  server.udp6?.close()
  server.udp6 = null
  server.on("warning", () => {})
  if (options.log) logAnnounces(server, options.log)
  server.createSwarm = (infoHash, callback) => {
    // Two first announces may have found no swarm: both are of one.
    server.torrents[infoHash] ??= toldSwarm(new Server.Swarm(infoHash, server), {
      ...options,
      infoHash,
      liarFor,
      minIntervalMs,
    })
    callback(null, server.torrents[infoHash])
  }
  const listening = Promise.all([once(server.http, "listening"), once(server.udp4, "listening")])
  server.listen({ http: 0, udp: 0 }, loopback)
  await listening

  const httpPort = portOf(server.http.address())
  const httpUrl = `http://${loopback}:${httpPort}/announce`
  return {
    httpUrl,
    udpUrl: `udp://${loopback}:${portOf(server.udp4.address())}/announce`,
    register: (peer) => register(network, httpUrl, peer),
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.http.closeAllConnections()
      }),
  }
}

const portOf = (address: string | { port: number } | null): number => {
  if (address === null || typeof address === "string") throw new Error("the demo tracker has no port")
  return address.port
}

async function register(network: Network, httpUrl: string, peer: Registration): Promise<void> {
  const escape = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex").replace(/../g, "%$&")
  const query = [
    `info_hash=${escape(peer.infoHash)}`,
    `peer_id=${escape(peer.peerId)}`,
    `port=${peer.port}`,
    `left=${peer.leftBytes}`,
    `uploaded=${peer.uploadedBytes ?? 0}`,
    `downloaded=${peer.downloadedBytes ?? 0}`,
    ...(peer.event === "update" ? [] : ["event=started"]),
    "compact=1&numwant=1",
  ].join("&")
  const reply = await network.http({
    url: new URL(`${httpUrl}?${query}`),
    address: { host: loopback, family: "ipv4" },
    headers: {},
    maxBodyBytes: 64 * 1024,
    maxHeaderBytes: 16 * 1024,
    signal: AbortSignal.timeout(10_000),
  })
  if (!reply.ok) throw new Error(`the demo tracker did not answer: ${reply.failure.code}`)
}
