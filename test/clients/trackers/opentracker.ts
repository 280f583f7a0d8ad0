/**
 * opentracker, HTTP and UDP on one port.
 *
 * Debian's build is IPv4 only (its replies know no `peers6`) and serves whitelisted info hashes only: another one gets
 * `failure reason`. It changes root to `-d` before it opens the whitelist, so the path is inside that. It answers at most
 * 200 peers, refuses /stats, and leaves a torrent without peers out of a scrape. Counts are per address and port,
 * whichever protocol registered them. Its interval is about half an hour, its minimum half of that.
 */
import { chmodSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Host, Lab } from "../netns.ts"
import { trackerAt, type Tracker } from "./tracker.ts"

export const opentrackerPort = 6969

/** Known before it runs: the torrent names its trackers, and the tracker wants the torrent's info hash. */
export const opentrackerTiers = (host: Host): string[][] => [
  [`http://${host.ipv4}:${opentrackerPort}/announce`],
  [`udp://${host.ipv4}:${opentrackerPort}/announce`],
]

/** `others`: info hashes that it serves, too. */
export async function startOpentracker(
  lab: Lab,
  host: Host,
  infoHash: string,
  others: readonly string[] = [],
): Promise<Tracker> {
  writeFileSync(join(host.directory, "whitelist"), [infoHash, ...others, ""].join("\n"))
  chmodSync(host.directory, 0o755)
  const port = String(opentrackerPort)
  const bind = ["-i", host.ipv4, "-p", port, "-P", port]
  lab.start(host, "opentracker", [...bind, "-d", host.directory, "-w", "/whitelist", "-u", "nobody"])
  return trackerAt({ lab, host, address: host.ipv4, port: opentrackerPort, infoHash })
}
