import type { Audit, Finding } from "../report.ts"
import { contradictions, rolesOf, roomFor, type Contradiction } from "../measure/roles.ts"
import { listsOf } from "../measure/lists.ts"
import { offline } from "../measure/offline.ts"
import { counted } from "../measure/wording.ts"

const audit = "phantom-seeders"

/**
 * Count against list: a tracker that claims more than twice what its own lists can hold, and 10 more. Lists that may be
 * cut prove nothing, and neither does a peer that we couldn't reach.
 */
export const phantomSeeders = {
  id: audit,
  title: "Phantom seeders",
  question: "Can each tracker's own list hold the peers that it claims?",
  references: ["BEP 3", "BEP 15", "BEP 48"],
  requires: ["run", "torrent", "trackers", "peers", "webSeeds"],
  judge(evidence) {
    const { seeders } = rolesOf(evidence)
    const base = {
      audit,
      subject: "swarm" as const,
      claimed: seeders.claimed === null ? null : counted(seeders.claimed, "seeder"),
      advice: null,
      pValue: null,
    }
    if (evidence.run.depth === "scrape") {
      return [
        {
          ...base,
          verdict: "skipped",
          measured: null,
          because: "depth scrape asks for no list",
          evidence: {},
        },
      ]
    }
    const first = new Map<string, Contradiction>()
    if (!offline(evidence)) {
      for (const found of contradictions(evidence))
        if (!first.has(found.list.url)) first.set(found.list.url, found)
    }
    if (first.size > 0) return [...first.values()].map(accusation)
    const lists = listsOf(evidence)
    const claiming = lists.filter(({ claim }) => claim.seeders !== null || claim.leechers !== null)
    const bounded = claiming.filter(({ bound }) => bound !== null)
    const measured = `${seeders.reached} to ${counted(seeders.possible, "seeder")}`
    const rows = {
      trackers: claiming.map(({ url, named, replies, bound, claim }) => ({
        url,
        seeders: claim.seeders,
        leechers: claim.leechers,
        listed: named.size,
        replies,
        bound: bound?.peers ?? null,
      })),
    }
    if (claiming.length === 0) {
      return [
        {
          ...base,
          verdict: "skipped",
          measured,
          because: "no tracker claims any count",
          evidence: rows,
        },
      ]
    }
    if (seeders.claim === "untestable" && seeders.claimed !== null) {
      const claimed = `${counted(seeders.claimed, "seeder")} claimed`
      const because =
        bounded.length < claiming.length
          ? `${claimed}, but no tracker's list is whole: a list that may be cut can't test its count`
          : `${claimed}, ${seeders.possible} possible: not enough to contradict the claim`
      return [{ ...base, verdict: "inconclusive", measured, because, evidence: rows }]
    }
    const because = `${counted(seeders.claimed ?? 0, "seeder")} claimed, ${seeders.reached} reached, ${seeders.possible} possible: the claim is ${seeders.claim}`
    return [{ ...base, verdict: "pass", measured, because, evidence: rows }]
  },
} satisfies Audit<"run" | "torrent" | "trackers" | "peers" | "webSeeds">

function accusation({ list, what, claimed, bound }: Contradiction): Finding {
  const noun = what === "peers" ? "peer" : what.slice(0, -1)
  const source =
    bound.by === "whole list" ? "its whole list names" : `${list.replies} draws from its list bound it to`
  return {
    audit,
    verdict: "warn",
    subject: `tracker:${list.url}`,
    claimed: counted(claimed, noun),
    measured: `at most ${counted(bound.peers, "peer")} in its own list`,
    because: `${list.url} claims ${counted(claimed, noun)}, but ${source} ${counted(bound.peers, "peer")}`,
    advice:
      "Don't trust this tracker's counts. If it is yours, check what it counts: WebSocket (WebRTC) peers are never listed over HTTP or UDP.",
    pValue: null,
    evidence: {
      claimedSeeders: list.claim.seeders,
      claimedLeechers: list.claim.leechers,
      listed: list.named.size,
      replies: list.replies,
      bound: bound.peers,
      boundBy: bound.by,
      mostAllowed: roomFor(bound.peers),
    },
  }
}
