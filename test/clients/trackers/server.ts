/**
 * bittorrent-tracker's server in a process of its own, whose counts can be multiplied.
 *
 *   node server.ts '{"hostname", "port", "factor", "udp"}'
 *
 * It gives at most 82 peers, and a client its own address back among them.
 */
import Server, { type Swarm } from "bittorrent-tracker/server"

const { hostname, port, factor, udp } = JSON.parse(process.argv[2] ?? "{}") as {
  hostname: string
  port: number
  factor: number
  udp: boolean
}

const times = <T extends { complete: number; incomplete: number }>(reply: T): T => ({
  ...reply,
  complete: reply.complete * factor,
  incomplete: reply.incomplete * factor,
})

const lying = (swarm: Swarm): Swarm => ({
  announce: (params, callback) =>
    swarm.announce(params, (error, reply) => callback(error, error ? reply : times(reply))),
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
