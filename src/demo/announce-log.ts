/** What a tracker is told, line by line, in the format of `--announce-log`. */
import type { EventEmitter } from "node:events"

/** What bittorrent-tracker's server says of an announce, over HTTP and UDP: hex, and text where it didn't look at the number. */
interface Told {
  info_hash: string
  peer_id: string
  ip: string
  port: number
  uploaded?: string | number
  downloaded?: string | number
  left: number
}

const events = ["start", "update", "complete", "stop"] as const

/** `write` gets a line with its end for each announce that the server accepts. */
export function logAnnounces(server: EventEmitter, write: (line: string) => void, now = Date.now): void {
  for (const event of events) {
    server.on(event, (_address: string, told: Told) => {
      const { info_hash: infoHash, peer_id: peerId, ip, port, uploaded, downloaded, left } = told
      const counters = { uploaded: Number(uploaded), downloaded: Number(downloaded), left }
      const at = new Date(now()).toISOString()
      write(`${JSON.stringify({ at, infoHash, ip, port, peerId, event, ...counters })}\n`)
    })
  }
}
