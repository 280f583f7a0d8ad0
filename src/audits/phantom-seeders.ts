import type { Audit, Finding, Verdict } from "../report.ts"
import { finding } from "../measure/finding.ts"
import { contradictions, rolesOf, roomFor, type Contradiction } from "../measure/roles.ts"
import { listsOf } from "../measure/trackers/lists.ts"
import { mostByChance, overstatedOf, type Overstated } from "../measure/trackers/overstated.ts"
import { offline } from "../measure/offline.ts"
import { counted, countedIfKnown } from "../measure/wording.ts"

const audit = "phantom-seeders"

/**
 * Count against list: a tracker that claims more than three times what its own lists can hold, and 10 more; or, where long lists were seen
 * to be whole, twice what they name (`overstatedOf`). Lists that may be cut prove nothing, and neither does a peer that we
 * couldn't reach.
 */
export const phantomSeeders = {
  id: audit,
  title: "Phantom seeders",
  question: "Can each tracker's own list hold the peers that it claims?",
  references: ["BEP 3", "BEP 15", "BEP 48"],
  requires: ["run", "torrent", "trackers", "dht", "peers", "webSeeds", "earlier"],
  judge(evidence) {
    const { seeders } = rolesOf(evidence)
    const claimed = countedIfKnown(seeders.claimed, "seeder")
    if (evidence.run.depth === "scrape") return say("skipped", "depth scrape asks for no list", { claimed })
    const first = new Map<string, Contradiction>()
    if (!offline(evidence)) {
      for (const found of contradictions(evidence))
        if (!first.has(found.list.url)) first.set(found.list.url, found)
    }
    const long = offline(evidence) ? [] : overstatedOf(evidence).filter(({ url }) => !first.has(url))
    const proven = long.filter(({ state }) => state === "proven")
    if (first.size + proven.length > 0)
      return [...[...first.values()].map(accusation), ...proven.map(accusationOfLong)]
    const hiding = long.filter(({ state }) => state === "hiding")
    if (hiding.length > 0) return hiding.map(doubt)
    const lists = listsOf(evidence)
    const claiming = lists.filter(({ claim }) => claim.seeders !== null || claim.leechers !== null)
    const bounded = claiming.filter(({ bound }) => bound !== null)
    const details = {
      claimed,
      measured: `${seeders.reached} to ${counted(seeders.possible, "seeder")}`,
      evidence: {
        trackers: claiming.map(({ url, named, replies, bound, claim }) => ({
          url,
          seeders: claim.seeders,
          leechers: claim.leechers,
          listed: named.size,
          replies,
          bound: bound?.peers ?? null,
        })),
      },
    }
    if (claiming.length === 0) return say("skipped", "no tracker claims any count", details)
    if (seeders.claim === "untestable" && seeders.claimed !== null) {
      const because =
        bounded.length < claiming.length
          ? `${claimed} claimed, but no tracker's list is whole: a list that may be cut can't test its count; another announce, once it is due, may tell`
          : `${claimed} claimed, ${seeders.possible} possible: not enough to contradict the claim`
      return say("inconclusive", because, details)
    }
    const because = `${counted(seeders.claimed ?? 0, "seeder")} claimed, ${seeders.reached} reached, ${seeders.possible} possible: the claim is ${seeders.claim}`
    return say("pass", because, details)
  },
} satisfies Audit

function accusation({ list, what, claimed, bound }: Contradiction): Finding {
  const noun = what === "peers" ? "peer" : what.slice(0, -1)
  const source =
    bound.by === "whole list" ? "its whole list names" : `${list.replies} draws from its list bound it to`
  const because = `${list.url} claims ${counted(claimed, noun)}, but ${source} ${counted(bound.peers, "peer")}`
  return finding(audit, "warn", because, {
    subject: `tracker:${list.url}`,
    claimed: counted(claimed, noun),
    measured: `at most ${counted(bound.peers, "peer")} in its own list`,
    advice:
      "Don't trust this tracker's counts. If it is yours, check what it counts: WebSocket (WebRTC) peers are never listed over HTTP or UDP.",
    evidence: {
      claimedSeeders: list.claim.seeders,
      claimedLeechers: list.claim.leechers,
      listed: list.named.size,
      replies: list.replies,
      bound: bound.peers,
      boundBy: bound.by,
      mostAllowed: roomFor(bound.peers),
    },
  })
}

const rowOf = (found: Overstated) => ({ ...found, mostByChance })

function accusationOfLong(found: Overstated): Finding {
  const { url, claimed, listed, replies, pValue } = found
  const because = `${url} claims ${counted(claimed, "peer")} each time, but its whole list names ${listed}: ${counted(replies, "reply", "replies")} agree as no draws from so many would (p = ${pValue.toPrecision(1)})`
  return {
    ...finding(audit, "warn", because, {
      subject: `tracker:${url}`,
      claimed: counted(claimed, "peer"),
      measured: `${counted(listed, "peer")} in its own list`,
      advice:
        "Don't trust this tracker's counts. If it is yours, check what it counts: WebSocket (WebRTC) peers are never listed over HTTP or UDP.",
      evidence: rowOf(found),
    }),
    pValue,
  }
}

function doubt(found: Overstated): Finding {
  const { url, claimed, listed } = found
  const because = `${url} claims ${counted(claimed, "peer")} and names ${listed}, always the same ones: it may keep those behind NAT out of its list`
  return finding(audit, "inconclusive", because, {
    subject: `tracker:${url}`,
    claimed: counted(claimed, "peer"),
    measured: `${counted(listed, "peer")} in its own list`,
    evidence: rowOf(found),
  })
}

/** Not `finding`: this audit's keys have an older order, and reports stay the same byte for byte. */
const say = (
  verdict: Verdict,
  because: string,
  {
    claimed = null,
    measured = null,
    evidence = {},
  }: Partial<Pick<Finding, "claimed" | "measured" | "evidence">> = {},
): Finding[] => [
  { audit, subject: "swarm", claimed, advice: null, pValue: null, verdict, measured, because, evidence },
]
