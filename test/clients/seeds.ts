/** Clients that seed many torrents at once: of each the whole, and nobody asks them how they are. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Host, Lab } from "./netns.ts"
import type { Payload } from "./payload.ts"

const script = fileURLToPath(new URL("libtorrent_seeds.py", import.meta.url))

/** One session; it hashes everything before it announces. */
export function startLibtorrentSeeds(lab: Lab, host: Host, payloads: readonly Payload[]): void {
  const data = writeAll(host, payloads)
  const torrents = payloads.map(({ torrentFile }) => torrentFile)
  lab.start(host, "/usr/bin/python3", [script, data, ...torrents])
}

/** From its watch folder. It looks at lengths and at the first piece alone. */
export function startTransmissionSeeds(lab: Lab, host: Host, payloads: readonly Payload[]): void {
  const data = writeAll(host, payloads)
  const config = join(host.directory, "config")
  const watched = join(host.directory, "watched")
  for (const folder of [config, watched]) mkdirSync(folder, { recursive: true })
  for (const { name, torrentBytes } of payloads) writeFileSync(join(watched, `${name}.torrent`), torrentBytes)
  const settings = {
    "rpc-enabled": false,
    "peer-port": 51413,
    "peer-port-random-on-start": false,
    "port-forwarding-enabled": false,
    "dht-enabled": false,
    "lpd-enabled": false,
    "download-dir": data,
    "incomplete-dir-enabled": false,
    "rename-partial-files": false,
    "watch-dir": watched,
    "watch-dir-enabled": true,
    // Of stalled ones, too: 10 by default, beyond which it stops some.
    "queue-stalled-enabled": false,
    "download-queue-enabled": false,
    "seed-queue-enabled": false,
  }
  writeFileSync(join(config, "settings.json"), JSON.stringify(settings))
  lab.start(host, "transmission-daemon", ["--foreground", "--config-dir", config])
}

function writeAll(host: Host, payloads: readonly Payload[]): string {
  const data = join(host.directory, "data")
  mkdirSync(data, { recursive: true })
  for (const payload of payloads) payload.writeTo(data, "all")
  return data
}
