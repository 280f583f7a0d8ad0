/**
 * BEP 48 over HTTP. The library's own reply names each info hash as UTF-8 text, so that almost no client finds its own in it.
 * «Handle requests untouched by user's handler»: ours comes first.
 */
import type Server from "bittorrent-tracker/server"
import type { SwarmCounts } from "bittorrent-tracker/server"
import { encode } from "../torrent/bencode.ts"

/** To be called before the next tick, in which the library adds its own handler. `told`: to whom it tells something else. */
export function answerScrapes(
  server: Server,
  minIntervalMs: number,
  told: (counts: SwarmCounts, asker: string) => SwarmCounts = (counts) => counts,
): void {
  server.http.on("request", (request, response) => {
    const [path, query = ""] = (request.url ?? "").split("?")
    if (path !== "/scrape") return
    const wanted = query
      .split("&")
      .filter((pair) => pair.startsWith("info_hash="))
      .map((pair) => unescaped(pair.slice("info_hash=".length)).toString("hex"))
    // Without a hash: all that it knows.
    const hashes = wanted.length > 0 ? wanted : Object.keys(server.torrents)
    const files = hashes.map((hash) => {
      const asker = request.socket.remoteAddress ?? ""
      const { complete, incomplete, downloaded = 0 } = told(countsOf(server, hash), asker)
      return [Buffer.from(hash, "hex").toString("latin1"), { complete, downloaded, incomplete }] as const
    })
    const flags = { min_request_interval: Math.ceil(minIntervalMs / 1000) }
    response.end(encode({ files: new Map(files), flags }))
  })
}

/** Any bytes, where decodeURIComponent wants UTF-8. */
const unescaped = (text: string): Buffer =>
  Buffer.from(
    text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  )

function countsOf(server: Server, infoHash: string): SwarmCounts {
  let counts: SwarmCounts = { complete: 0, incomplete: 0 }
  server.torrents[infoHash]?.scrape({}, (error, known) => {
    if (!error) counts = known
  })
  return counts
}
