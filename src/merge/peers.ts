/** Every peer once, and who saw what of it. */
import type { Evidence, Peer } from "../evidence.ts"
import { membershipOf } from "../measure/members.ts"
import { addressesOf, type Individual } from "../measure/vantages/individuals.ts"
import type { Reached } from "../measure/vantages/population.ts"
import type { MergedPeer } from "../report/merged.ts"

/** `audits`: the newest of each place, by the same index as its label. */
export function mergedPeers(
  individuals: readonly Individual[],
  reached: readonly Reached[],
  audits: readonly { label: string; evidence: Evidence }[],
): MergedPeer[] {
  const known = new Map(reached.map((each) => [each.individual, each] as const))
  const members = audits.map(
    ({ evidence: { peers, torrent } }) =>
      new Set(membershipOf({ peers, torrent }).reached.map(({ peer }) => peer)),
  )
  return individuals.map((individual) => {
    const peers = individual.seen.map(({ peer }) => peer)
    const [address = "", ...alsoAt] = new Set(peers.flatMap(addressesOf))
    return {
      address,
      alsoAt,
      client: peers.find(({ client }) => client !== null)?.client ?? null,
      seeder: known.get(individual)?.seeder ?? null,
      seen: individual.seen.map(({ place, peer }) => ({
        vantage: audits[place]?.label ?? "",
        stage: peer.stage,
        outcome: peer.outcome,
        reached: members[place]?.has(peer) === true,
        sources: sourcesOf(peer),
      })),
    }
  })
}

function sourcesOf({ sources }: Peer): MergedPeer["seen"][number]["sources"] {
  const each = sources.map(({ kind, via }) => ({ kind, via: kind === "tracker" ? via : null }))
  return [...new Map(each.map((one) => [`${one.kind} ${one.via}`, one] as const)).values()]
}
