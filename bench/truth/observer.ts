/** What a user would look at today: plain libtorrent in the auditor's place, for as long as the audit took. */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Payload } from "../../test/clients/payload.ts"
import type { Host, Lab } from "../../test/clients/netns.ts"

const script = fileURLToPath(new URL("libtorrent_observer.py", import.meta.url))
const leastMs = 20_000
const graceMs = 30_000

export interface Observed {
  readonly version: string
  readonly peers: readonly {
    readonly endpoint: string
    readonly client: string
    /** Base64, BEP 3 bit order; null: it never had the connection open. */
    readonly pieces: string | null
    readonly seed: boolean
    readonly totalBytes: number
    /** [ms since the start, payload bytes per second]. */
    readonly readings: readonly (readonly [number, number])[]
  }[]
  /** Whom it banned for wrong bytes; absent: not recorded. */
  readonly banned?: readonly string[]
  /** Failed pieces in which a peer had a part, the innocent among them. */
  readonly hashFails?: Readonly<Record<string, number>>
  readonly seeders: number
  readonly leechers: number
  readonly payloadBytes: number
  readonly cpuMs: number
  readonly peakRssBytes: number
  readonly wallMs: number
}

export async function observe(lab: Lab, auditor: Host, payload: Payload, auditMs: number): Promise<Observed> {
  const directory = join(auditor.directory, "observer")
  mkdirSync(directory, { recursive: true })
  const durationMs = Math.max(leastMs, Math.round(auditMs))
  const options = { torrent: payload.torrentFile, data: directory, durationMs }
  const printed = await lab.run(
    auditor,
    "/usr/bin/python3",
    [script, JSON.stringify(options)],
    durationMs + graceMs,
  )
  return JSON.parse(printed) as Observed
}
