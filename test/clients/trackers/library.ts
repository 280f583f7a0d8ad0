/** bittorrent-tracker's server in the tracker's namespace: the one that can lie, and the one that speaks IPv6. */
import { fileURLToPath } from "node:url"
import type { Host, Lab } from "../netns.ts"
import { trackerAt, type Tracker } from "./tracker.ts"

const script = fileURLToPath(new URL("server.ts", import.meta.url))
export const libraryPort = 8000

export const libraryTiers = (host: Host, family: "ipv4" | "ipv6"): string[][] =>
  family === "ipv6"
    ? [[`http://[${host.ipv6}]:${libraryPort}/announce`]]
    : [[`http://${host.ipv4}:${libraryPort}/announce`], [`udp://${host.ipv4}:${libraryPort}/announce`]]

export async function startLibraryTracker(
  lab: Lab,
  host: Host,
  options: {
    infoHash: string
    factor: number
    family: "ipv4" | "ipv6"
    /** Addresses that it adds to every list, and counts as leechers: `host:port`. */
    padding?: readonly string[]
  },
): Promise<Tracker> {
  const address = options.family === "ipv6" ? host.ipv6 : host.ipv4
  const { factor, family, padding = [] } = options
  const settings = { hostname: address, port: libraryPort, factor, udp: family === "ipv4", padding }
  lab.start(host, process.execPath, [script, JSON.stringify(settings)])
  return trackerAt({ lab, host, address, port: libraryPort, infoHash: options.infoHash })
}
