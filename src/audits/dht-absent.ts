import type { Dht } from "../evidence.ts"
import type { Audit, Finding, Verdict } from "../report.ts"
import { contactsPeers } from "../evidence/words.ts"
import { countedByDht, dhtUnasked } from "../measure/dht/use.ts"
import { finding } from "../measure/finding.ts"
import { membershipOf } from "../measure/members.ts"
import { placeOf, type Place } from "../measure/networks.ts"
import { counted } from "../measure/wording.ts"

const audit = "dht-absent"
/** With fewer, the nodes next to the info hash may not have been among them. */
const leastNodes = 8
/** Some clients have no DHT, or have it off; that all of these do is worth saying. */
const leastReached = 3

/**
 * Who has only a magnet link without trackers finds a torrent by the DHT or not at all. Held against it are those alone whom it could
 * have named: each family has a DHT of its own (BEP 32), and the public one knows nobody at a private address.
 */
export const dhtAbsent = {
  id: audit,
  title: "DHT absent",
  question: "Can the torrent be found without a tracker?",
  references: ["BEP 5", "BEP 9"],
  requires: ["run", "torrent", "dht", "peers"],
  judge(evidence): Finding[] {
    const { run, dht, peers } = evidence
    const say = (verdict: Verdict, because: string, said: Partial<Finding> = {}): Finding[] => [
      { ...finding(audit, verdict, because, { subject: "dht" }), ...said },
    ]
    const unasked = dhtUnasked(evidence)
    if (dht === null || unasked !== null) return say("skipped", unasked ?? "no DHT was asked")
    const lookups = dht.lookups.filter(({ purpose }) => purpose === "peers")
    const named = peers.filter(
      ({ outcome, sources }) => outcome !== "self" && sources.some(({ kind }) => kind === "dht"),
    )
    const known = Math.max(dht.peerCount, named.length)
    const answering = dht.nodes.filter(({ peerCount }) => peerCount !== null)
    const naming = answering.filter(({ peerCount }) => (peerCount ?? 0) > 0).length
    const elsewhere = hostsNameable(evidence, dht)
    const counts = countedByDht(dht)
    const details = {
      measured: `${counted(known, "peer")} named by ${counted(answering.length, "node")}`,
      evidence: {
        queries: dht.queries,
        replies: dht.replies,
        nodesAnswering: answering.length,
        nodesNaming: naming,
        named: known,
        reachedElsewhere: elsewhere,
        lookups: lookups.map(({ family, target, end, replies }) => ({ family, target, end, replies })),
      },
    }
    if (known > 0) return say("pass", `DHT nodes named ${counted(known, "peer")}`, details)
    if (counts > 0)
      return say(
        "inconclusive",
        `the DHT named nobody, but its nodes count ${counted(counts, "address", "addresses")}`,
        details,
      )
    if (lookups.length === 0)
      return say("inconclusive", "the info hash was never looked up in the DHT", details)
    if (dht.replies === 0)
      return say("inconclusive", "no DHT node answered: UDP may be blocked here", {
        ...details,
        advice: "Check the network and firewall here, UDP included, then audit again.",
      })
    const open = lookups.filter(
      ({ family, target, end }) =>
        end !== "converged" &&
        end !== "no-nodes" &&
        !lookups.some(
          (other) => other.family === family && other.target === target && other.end === "converged",
        ),
    )
    if (open.length > 0 || !lookups.some(({ end }) => end === "converged"))
      return say("inconclusive", "the DHT named nobody, but its lookup didn't come to an end", details)
    if (answering.length < leastNodes)
      return say(
        "inconclusive",
        `the DHT named nobody, but only ${counted(answering.length, "node")} answered`,
        details,
      )
    if (!contactsPeers(run.depth))
      return say("inconclusive", `the DHT named nobody, and depth ${run.depth} contacts no peer`, details)
    if (elsewhere < leastReached)
      return say(
        "inconclusive",
        `the DHT named nobody, but other sources led to ${counted(elsewhere, "peer")} only that it could name: there may be nobody else`,
        details,
      )
    return say(
      "warn",
      `${counted(answering.length, "DHT node")} named nobody, although ${counted(elsewhere, "peer")} were reached otherwise`,
      {
        ...details,
        advice:
          "Magnet links without trackers won't find this torrent: seed it from a client with DHT on (several have it off for all torrents, or for this one).",
      },
    )
  },
} satisfies Audit<"run" | "torrent" | "dht" | "peers">

/** Reached hosts that have an address of which the DHT asked to the end could know. */
function hostsNameable(evidence: Parameters<typeof membershipOf>[0], dht: Dht): number {
  const families = new Set(
    dht.lookups.flatMap(({ purpose, end, family }) =>
      purpose === "peers" && end === "converged" ? [family] : [],
    ),
  )
  const isLocal = dht.nodes.some(
    ({ address, peerCount }) => peerCount !== null && placeOf(address).kind === "local",
  )
  const known = (place: Place) =>
    (place.family === null || families.has(place.family)) && (isLocal || place.kind !== "local")
  return new Set(
    membershipOf(evidence)
      .reached.filter(({ peer }) => [peer.address, ...peer.alsoAt].some((each) => known(placeOf(each))))
      .map(({ peer }) => placeOf(peer.address).host),
  ).size
}
