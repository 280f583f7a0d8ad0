/**
 *   node logging-server.ts '{"hostname", "port", "intervalMs", "logFile"}'
 */
import { appendFileSync } from "node:fs"
import Server, { type Swarm } from "bittorrent-tracker/server"
import { logAnnounces } from "../../../src/demo/announce-log.ts"

const { hostname, port, intervalMs, logFile } = JSON.parse(process.argv[2] ?? "{}") as {
  hostname: string
  port: number
  intervalMs: number
  logFile: string
}

/** libtorrent waits half a minute for a tracker that names no `min interval`. */
const often = (swarm: Swarm): Swarm => ({
  announce: (params, callback) =>
    swarm.announce(params, (error, reply) =>
      callback(error, error ? reply : { ...reply, "min interval": 1 }),
    ),
  scrape: (params, callback) => swarm.scrape(params, callback),
})

const server = new Server({ ws: false, stats: false, trustProxy: false, udp: false, interval: intervalMs })
server.on("warning", (error: Error) => console.error(error.message))
server.createSwarm = (infoHash, callback) => {
  // Two first announces at once must not make two swarms.
  server.torrents[infoHash] ??= often(new Server.Swarm(infoHash, server))
  callback(null, server.torrents[infoHash])
}
appendFileSync(logFile, "")
logAnnounces(server, (line) => appendFileSync(logFile, line))
server.listen({ http: port, udp: port }, hostname)
