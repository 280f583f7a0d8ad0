import type { Audit, Finding } from "../report.ts"
import { chanceOfSharing, isConstant, isIdentity, prefixOf } from "../measure/clients.ts"
import { finding } from "../measure/finding.ts"
import { sharedIds, type Presence, type SharedId } from "../measure/shared-ids.ts"
import { counted, listed } from "../measure/wording.ts"

const audit = "shared-peer-id"
/** Two lines and a VPN make three. */
const leastPlaces = 4
/** Other ids that must have been met. */
const leastOthers = 2
const shown = 20

/**
 * One client counted as many. A client that moved, a restarted one, one with IPv4 and IPv6, several lines or a VPN answers with one id at a
 * few addresses; some software gives different users the same id. Accused is one of a client that makes its ids at random, which
 * answers at four places at one time: see `sharedIds` for what a place is.
 */
export const sharedPeerId = {
  id: audit,
  title: "Shared peer id",
  question: "Does one peer id answer at several addresses?",
  references: ["BEP 3", "BEP 20"],
  requires: ["peers"],
  judge(evidence): Finding[] {
    const shared = sharedIds(evidence).filter(
      ({ peerId, presences }) => !isConstant(peerId) && new Set(presences.map(({ peer }) => peer)).size > 1,
    )
    const ids = new Set(
      evidence.peers.flatMap(({ peerId, outcome }) => (outcome === "self" ? [] : (peerId ?? []))),
    )
    const alone = ids.size - 1 < leastOthers
    const proven = shared.filter(
      ({ peerId, places }) => isIdentity(peerId) && places >= leastPlaces && !alone,
    )
    const accused = new Set(proven)
    const open = shared.filter((each) => !accused.has(each))
    return [
      ...proven.flatMap((each) => accusations(each, evidence.peers.length)),
      ...(open.length > 0 ? [doubtful(open, alone)] : []),
    ]
  },
} satisfies Audit<"peers">

const addressesOf = (presences: readonly Presence[]): string[] => [
  ...new Set(presences.map(({ address }) => address)),
]

const rows = (presences: readonly Presence[]) =>
  presences.slice(0, shown).map(({ address, seenMs }) => ({ address, seenMs }))

function doubtful(shared: readonly SharedId[], alone: boolean): Finding {
  const addresses = shared.flatMap((each) => addressesOf(each.presences))
  const why = [
    ...(shared.some(({ peerId }) => isIdentity(peerId))
      ? ["a client that moved, and one with several addresses, look the same"]
      : []),
    ...(shared.some(({ peerId }) => !isIdentity(peerId))
      ? ["some software gives different users the same id"]
      : []),
    ...(alone ? ["hardly anybody else answered, and a box on our own line may answer for all"] : []),
  ]
  const ids = shared.length === 1 ? "one peer id" : counted(shared.length, "peer id")
  return finding(audit, "inconclusive", `${listed(addresses, 4)} answer with ${ids}: ${why.join("; ")}`, {
    measured: counted(addresses.length, "address", "addresses"),
    evidence: {
      ids: shared.slice(0, shown).map((each) => ({
        peerId: each.peerId,
        prefix: prefixOf(each.peerId),
        places: each.places,
        addresses: rows(each.presences),
        of: addressesOf(each.presences).length,
      })),
      of: shared.length,
    },
  })
}

function accusations(shared: SharedId, peers: number): Finding[] {
  const { peerId, together, places } = shared
  const addresses = addressesOf(together)
  const pValue = chanceOfSharing(Math.max(peers, places), places)
  return [...new Set(together.map(({ peer }) => peer))].map(({ address }) => ({
    ...finding(
      audit,
      "warn",
      `${address} is one of ${addresses.length} addresses that answered with one peer id at the same time`,
      {
        subject: `peer:${address}` as const,
        claimed: counted(addresses.length, "peer"),
        measured: "1 peer id",
        advice: "Count them as one: a client may have a few addresses, not so many at once.",
        evidence: {
          peerId,
          prefix: prefixOf(peerId),
          places,
          addresses: rows(together),
          of: addresses.length,
        },
      },
    ),
    pValue,
  }))
}
