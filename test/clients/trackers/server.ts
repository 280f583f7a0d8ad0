/**
 * bittorrent-tracker's server in a process of its own, which can lie.
 *
 *   node server.ts '{"hostname", "port", "udp", "lies", "intervalMs", "minIntervalMs"}'
 *
 * It gives at most 82 peers, and a client its own address back among them. /truth answers as /scrape does, without the lies.
 */
import Server from "bittorrent-tracker/server"
import { toldSwarm, type ToldSwarm } from "../../../src/demo/told-swarm.ts"
import { liarOf, type TrackerLie } from "../../../src/demo/tracker-lies.ts"
import { answerScrapes } from "../../../src/demo/tracker-scrape.ts"

export interface LibrarySettings {
  hostname: string
  port: number
  udp: boolean
  lies: readonly TrackerLie[]
  intervalMs: number
  minIntervalMs: number | null
}

const { hostname, port, udp, lies, intervalMs, minIntervalMs } = JSON.parse(
  process.argv[2] ?? "{}",
) as LibrarySettings

const liar = liarOf(lies, () => performance.now())
const swarms = new Map<string, ToldSwarm>()

const server = new Server({ ws: false, stats: false, trustProxy: false, udp, interval: intervalMs })
answerScrapes(server, minIntervalMs ?? 0)
server.http.on("request", (request, response) => {
  const [path, query = ""] = (request.url ?? "").split("?")
  if (path !== "/truth") return
  const infoHash = /info_hash=([^&]*)/.exec(query)?.[1]?.replaceAll("%", "").toLowerCase() ?? ""
  const { complete, incomplete } = swarms.get(infoHash)?.known() ?? { complete: 0, incomplete: 0 }
  response.end(`d8:completei${complete}e10:incompletei${incomplete}ee`)
})
if (server.udp6) {
  server.udp6.close()
  server.udp6 = null
}
server.on("warning", (error: Error) => console.error(error.message))
server.createSwarm = (infoHash, callback) => {
  // Two first announces at once must not make two swarms.
  const swarm =
    swarms.get(infoHash) ??
    toldSwarm(new Server.Swarm(infoHash, server), { infoHash, liarFor: () => liar, minIntervalMs })
  swarms.set(infoHash, swarm)
  server.torrents[infoHash] = swarm
  callback(null, swarm)
}
server.listen({ http: port, udp: port }, hostname)
