/** `--mmdb FILE`: countries and networks of the peers, looked up here, before anything is renamed. */
import type { Evidence, Peer, Place } from "../evidence.ts"
import type { Mmdb } from "../store/mmdb.ts"
import { parseEndpoint } from "../torrent/endpoint.ts"
import type { Flags } from "./context.ts"

/** Reads the databases before anything is sent. Throws InputError where one can't be read. The result annotates evidence. */
export async function placesFrom(flags: Flags): Promise<(evidence: Evidence) => Evidence> {
  const paths = typeof flags.mmdb === "object" ? flags.mmdb : []
  if (paths.length === 0) return (evidence) => evidence
  const { openMmdb } = await import("../store/mmdb.ts")
  const databases = await Promise.all(paths.map(openMmdb))
  return (evidence) => ({ ...evidence, peers: evidence.peers.map((peer) => placed(peer, databases)) })
}

/** What is renamed already has whatever place it was given then. */
function placed(peer: Peer, databases: readonly Mmdb[]): Peer {
  const found = [peer.address, ...peer.alsoAt].flatMap((address) => {
    const host = parseEndpoint(address)?.host
    if (host === undefined) return []
    return databases.flatMap((database) => database.placeOf(host) ?? [])
  })
  if (found.length === 0) return peer
  /** The first database that knows has the word. */
  const first = <K extends keyof Place>(key: K) => found.find((place) => place[key] !== null)?.[key] ?? null
  return { ...peer, place: { country: first("country"), asn: first("asn"), network: first("network") } }
}
