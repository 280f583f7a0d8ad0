/** A tracker that lies by who asks, and whose log holds what everybody told it. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Host, Lab } from "../netns.ts"
import { trackerAt, type Tracker } from "./tracker.ts"
import type { TwoFaced } from "./two-faced-server.ts"

const script = fileURLToPath(new URL("two-faced-server.ts", import.meta.url))
const port = 8000

export const twoFacedUrl = (host: Host): string => `http://${host.ipv4}:${port}/announce`

export interface Announced {
  infoHash: string
  ip: string
  event: "start" | "update" | "complete" | "stop"
}

export async function startTwoFaced(
  lab: Lab,
  host: Host,
  options: { infoHash: string; fooled: readonly string[]; phantoms: readonly string[] },
): Promise<Tracker & { announces(): Announced[] }> {
  const { infoHash, fooled, phantoms } = options
  const logFile = join(host.directory, "announces.ndjson")
  const settings: TwoFaced = {
    hostname: host.ipv4,
    port,
    intervalMs: 1_800_000,
    logFile,
    fooled,
    phantoms,
    counts: { complete: 5 * phantoms.length, incomplete: phantoms.length },
  }
  lab.start(host, process.execPath, [script, JSON.stringify(settings)])
  const tracker = await trackerAt({ lab, host, address: host.ipv4, port, infoHash })
  return {
    ...tracker,
    announces: () =>
      readFileSync(logFile, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Announced),
  }
}
