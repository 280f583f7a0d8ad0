/**
 * bittorrent-tracker's server, which tells the truth to everybody but some: they hear of addresses where nobody is, and of nobody else.
 *
 *   node two-faced-server.ts '{"hostname", "port", "intervalMs", "logFile", "fooled", "phantoms", "counts"}'
 *
 * Whatever they ask about, torrents that it never heard of included.
 */
import { appendFileSync } from "node:fs"
import Server, { type Swarm } from "bittorrent-tracker/server"
import { logAnnounces } from "../../../src/demo/announce-log.ts"
import { answerScrapes } from "../../../src/demo/tracker-scrape.ts"

export interface TwoFaced {
  hostname: string
  port: number
  intervalMs: number
  /** Gets each announce as a line. */
  logFile: string
  /** IP addresses. */
  fooled: readonly string[]
  /** `host:port` */
  phantoms: readonly string[]
  counts: { complete: number; incomplete: number }
}

const { hostname, port, intervalMs, logFile, fooled, phantoms, counts } = JSON.parse(
  process.argv[2] ?? "{}",
) as TwoFaced

const isFooled = (asker: string): boolean => fooled.includes(asker.replace(/^::ffff:/, ""))

const nobody = phantoms.map((address) => {
  const [ip = "", peerPort = ""] = address.split(":")
  return { peerId: "00".repeat(20), ip, port: Number(peerPort) }
})

const twoFaced = (swarm: Swarm): Swarm => ({
  announce: (params, callback) =>
    swarm.announce(params, (error, reply) =>
      callback(error, error || !isFooled(params.ip) ? reply : { ...reply, ...counts, peers: [...nobody] }),
    ),
  scrape: (params, callback) => swarm.scrape(params, callback),
})

const server = new Server({ ws: false, stats: false, trustProxy: false, udp: false, interval: intervalMs })
answerScrapes(server, 0, (known, asker) => (isFooled(asker) ? { ...known, ...counts } : known))
server.on("warning", (error: Error) => console.error(error.message))
server.createSwarm = (infoHash, callback) => {
  // Two first announces at once must not make two swarms.
  server.torrents[infoHash] ??= twoFaced(new Server.Swarm(infoHash, server))
  callback(null, server.torrents[infoHash])
}
appendFileSync(logFile, "")
logAnnounces(server, (line) => appendFileSync(logFile, line))
server.listen({ http: port, udp: port }, hostname)
