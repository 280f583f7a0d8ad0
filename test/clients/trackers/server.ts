/**
 * bittorrent-tracker's server in a process of its own, whose counts can be multiplied, and its lists padded.
 *
 *   node server.ts '{"hostname", "port", "factor", "udp", "padding"}'
 *
 * It gives at most 82 peers, and a client its own address back among them.
 */
import { randomBytes } from "node:crypto"
import Server, { type Swarm } from "bittorrent-tracker/server"

const { hostname, port, factor, udp, padding } = JSON.parse(process.argv[2] ?? "{}") as {
  hostname: string
  port: number
  factor: number
  udp: boolean
  padding: string[]
}

const times = <T extends { complete: number; incomplete: number }>(reply: T): T => ({
  ...reply,
  complete: reply.complete * factor,
  incomplete: reply.incomplete * factor + padding.length,
})

const extra = padding.map((address) => {
  const [ip = "", at = ""] = address.split(":")
  return { peerId: randomBytes(20).toString("hex"), ip, port: Number(at) }
})

const lying = (swarm: Swarm): Swarm => ({
  announce: (params, callback) =>
    swarm.announce(params, (error, reply) =>
      callback(error, error ? reply : { ...times(reply), peers: [...reply.peers, ...extra] }),
    ),
  scrape: (params, callback) =>
    swarm.scrape(params, (error, reply) => callback(error, error ? reply : times(reply))),
})

const server = new Server({ ws: false, stats: false, trustProxy: false, udp, interval: 1_800_000 })
if (server.udp6) {
  server.udp6.close()
  server.udp6 = null
}
server.on("warning", (error: Error) => console.error(error.message))
server.createSwarm = (infoHash, callback) => {
  // Two first announces at once must not make two swarms.
  server.torrents[infoHash] ??= lying(new Server.Swarm(infoHash, server))
  callback(null, server.torrents[infoHash])
}
server.listen({ http: port, udp: port }, hostname)
