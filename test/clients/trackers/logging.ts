/** bittorrent-tracker's server with the demo's tap: an honest one, whose log holds what each client told it. */
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { readyMs } from "../client.ts"
import type { Host, Lab } from "../netns.ts"
import { tail, until } from "../processes.ts"
import { trackerAt, type Tracker } from "./tracker.ts"

const serverScript = fileURLToPath(new URL("logging-server.ts", import.meta.url))
const proxyScript = fileURLToPath(new URL("rewriting-proxy.ts", import.meta.url))
export const loggingPort = 8000
const proxyPort = 8001

export const loggingTiers = (host: Host): string[][] => [[`http://${host.ipv4}:${loggingPort}/announce`]]

export async function startLoggingTracker(
  lab: Lab,
  host: Host,
  options: { infoHash: string; intervalMs: number },
): Promise<Tracker & { logFile: string }> {
  const logFile = join(host.directory, "announces.ndjson")
  const settings = { hostname: host.ipv4, port: loggingPort, intervalMs: options.intervalMs, logFile }
  lab.start(host, process.execPath, [serverScript, JSON.stringify(settings)])
  const { infoHash } = options
  const tracker = await trackerAt({ lab, host, address: host.ipv4, port: loggingPort, infoHash })
  return { ...tracker, logFile }
}

/** What a cheater tells instead: see rewriting-proxy.ts. */
export interface Lie {
  uploadedFactor?: number
  uploadedBytesPerSecond?: number
  downloaded?: number
  left?: number
}

/** Where a cheater's own torrent has its tracker: on itself. */
export const proxyTiers = [[`http://127.0.0.1:${proxyPort}/announce`]]

/** On the cheater's own host: the tracker sees its address, and its false figures. */
export async function startRewriting(lab: Lab, host: Host, tracker: Host, lie: Lie): Promise<void> {
  const settings = { port: proxyPort, to: `http://${tracker.ipv4}:${loggingPort}`, ...lie }
  const proxy = lab.start(host, process.execPath, [proxyScript, JSON.stringify(settings)])
  // A client whose first announce is refused comes back when it likes.
  await until("the rewriting proxy", readyMs, () => tail(proxy.logFile) !== "" || null)
}
