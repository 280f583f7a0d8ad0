/** What a user would look at today: plain libtorrent, at the same time and from the same place, with a line of its own. */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Host, Lab } from "../../../test/clients/netns.ts"
import type { Payload } from "../../../test/clients/payload.ts"

const script = fileURLToPath(new URL("libtorrent_watch.py", import.meta.url))
const graceMs = 30_000

export interface Watched {
  readonly version: string
  readonly peers: readonly {
    readonly endpoint: string
    /** [Unix time in ms, bytes per second, pieces]. */
    readonly readings: readonly (readonly [number, number, number])[]
  }[]
}

export async function watchWith(
  lab: Lab,
  host: Host,
  payload: Payload,
  durationMs: number,
): Promise<Watched> {
  const data = join(host.directory, "watcher")
  mkdirSync(data, { recursive: true })
  const options = { torrent: payload.torrentFile, data, durationMs }
  const printed = await lab.run(
    host,
    "/usr/bin/python3",
    [script, JSON.stringify(options)],
    durationMs + graceMs,
  )
  return JSON.parse(printed) as Watched
}
