/** Who told us of whom. */
import type { Peer, SourceKind } from "../../src/evidence.ts"
import type { Snapshot } from "../../src/report.ts"
import { peerOf, type Known } from "./compare.ts"
import type { Member } from "./swarm.ts"
import { check, equal, type Check } from "./table.ts"

export const kindsOf = (snapshot: Snapshot, member: Member): SourceKind[] =>
  [...new Set(peerOf(snapshot, member)?.sources.map(({ kind }) => kind))].toSorted()

const hostOf = (endpoint: string): string => endpoint.replace(/:\d+$/, "").replace(/^\[|\]$/g, "")

/** Whatever the ports: a client that dials in shows one that nobody listens on, and libtorrent over IPv6 does not tell the right one. */
export const entriesAt = (snapshot: Snapshot, { address, host }: Member): Peer[] =>
  snapshot.peers.filter((peer) =>
    [peer.address, ...peer.alsoAt].some((at) => hostOf(at) === address || hostOf(at) === host.ipv6),
  )

/** By this source and, since it may have heard of us meanwhile, by its own dialling; by nothing else. */
export const checkFoundBy = (snapshot: Snapshot, members: readonly Member[], kind: SourceKind): Check[] =>
  members.map((member) =>
    equal(
      `${member.host.name}: found by`,
      kindsOf(snapshot, member).filter((found) => found !== "incoming"),
      [kind],
    ),
  )

/** What each client says now; nobody's uplink is known. */
export const knownOf = (members: readonly Member[]): Promise<Known[]> =>
  Promise.all(
    members.map(async (member) => ({
      member,
      truth: await member.client.truth(),
      uplinkBytesPerSecond: null,
    })),
  )

/** Whoever is named by a source with a `via` that must be a peer of the lab. */
export function checkSpeakers(snapshot: Snapshot, members: readonly Member[], kind: SourceKind): Check {
  const own = new Set(members.map(({ address, client }) => `${address}:${client.port}`))
  const speakers = snapshot.peers.flatMap(({ sources }) =>
    sources.filter((source) => source.kind === kind).map(({ via }) => via ?? "nobody"),
  )
  const foreign = [...new Set(speakers)].filter((via) => !own.has(via))
  return check(
    `${kind}: the speakers are the lab's`,
    speakers.length > 0 && foreign.length === 0,
    `${speakers.length} sightings, foreign: ${foreign.join(", ")}`,
  )
}
