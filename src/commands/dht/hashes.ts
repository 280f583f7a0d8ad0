/** What the user named → the keys of its swarms in the DHT. A private torrent has none (BEP 27). */
import { access } from "node:fs/promises"
import { InputError } from "../../failure.ts"
import { looksLikeInfoHash, looksLikeMagnet, parseInfoHash, parseMagnet } from "../../torrent/magnet.ts"
import { parseMetainfo } from "../../torrent/metainfo.ts"
import { maskTrackerUrl } from "../../torrent/tracker-url.ts"
import type { StandardInput } from "../stdin.ts"
import { readTarget } from "../target.ts"

export interface SwarmKeys {
  /** 40 hex digits each; two for a hybrid (BEP 52: the v2 hash, cut to 20 bytes). */
  infoHashes: readonly string[]
  /** DHT nodes that the torrent names (BEP 5). */
  nodes: readonly string[]
}

export async function swarmKeysOf(target: string, stdin: StandardInput | null): Promise<SwarmKeys> {
  if (looksLikeMagnet(target) || (looksLikeInfoHash(target) && !(await exists(target)))) {
    const magnet = looksLikeMagnet(target) ? parseMagnet(target) : parseInfoHash(target)
    if (magnet.trackers.some((url) => maskTrackerUrl(url) !== url))
      throw new InputError(
        "private-magnet",
        "magnet's tracker URL holds a passkey: the torrent may be private",
        "Pass the .torrent; the DHT could leak it. An info hash alone is taken as public.",
      )
    return { infoHashes: keysOf(magnet.infoHashV1, magnet.infoHashV2), nodes: [] }
  }
  const { torrent, nodes } = parseMetainfo(
    await readTarget(target, stdin),
    target === "-" ? "standard input" : target,
  )
  if (torrent.private)
    throw new InputError(
      "private-torrent",
      `${target === "-" ? "standard input" : target} is a private torrent: its peers come from its trackers only (BEP 27)`,
      "The DHT is never asked about it, nor told of it.",
    )
  return { infoHashes: keysOf(torrent.infoHashV1, torrent.infoHashV2), nodes }
}

/** A file may be named like an info hash, and be private. */
const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const keysOf = (v1: string | null, v2: string | null): string[] => [
  ...new Set([v1, v2].flatMap((hash) => (hash === null ? [] : [hash.slice(0, 40)]))),
]
