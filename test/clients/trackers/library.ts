/** bittorrent-tracker's server in the tracker's namespace: the one that can lie, and the one that speaks IPv6. */
import { fileURLToPath } from "node:url"
import type { Host, Lab } from "../netns.ts"
import type { TrackerLie } from "../../../src/demo/tracker-lies.ts"
import type { LibrarySettings } from "./server.ts"
import { trackerAt, type Tracker } from "./tracker.ts"

const script = fileURLToPath(new URL("server.ts", import.meta.url))
export const libraryPort = 8000

export const libraryTiers = (host: Host, family: "ipv4" | "ipv6"): string[][] =>
  family === "ipv6"
    ? [[`http://[${host.ipv6}]:${libraryPort}/announce`]]
    : [[`http://${host.ipv4}:${libraryPort}/announce`], [`udp://${host.ipv4}:${libraryPort}/announce`]]

export interface LibraryOptions {
  infoHash: string
  factor: number
  family: "ipv4" | "ipv6"
  /** Addresses that it adds to every list, and counts as leechers: `host:port`. */
  padding?: readonly string[]
  lie?: TrackerLie
  /** Half an hour unless given. */
  intervalMs?: number
  /** None unless given. */
  minIntervalMs?: number
}

/** `scrape` of the tracker that comes back tells what is so, times `factor`. */
export async function startLibraryTracker(lab: Lab, host: Host, options: LibraryOptions): Promise<Tracker> {
  const address = options.family === "ipv6" ? host.ipv6 : host.ipv4
  const { factor, family, padding = [], lie, intervalMs = 1_800_000, minIntervalMs = null } = options
  const settings: LibrarySettings = {
    hostname: address,
    port: libraryPort,
    udp: family === "ipv4",
    lies: [
      ...(factor === 1 ? [] : [{ kind: "scaled", factor } as const]),
      ...(padding.length === 0 ? [] : [{ kind: "padded", addresses: padding } as const]),
      ...(lie ? [lie] : []),
    ],
    intervalMs,
    minIntervalMs,
  }
  lab.start(host, process.execPath, [script, JSON.stringify(settings)])
  const path = lie ? "/truth" : "/scrape"
  return trackerAt({ lab, host, address, port: libraryPort, infoHash: options.infoHash, path })
}
