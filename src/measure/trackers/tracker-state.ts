import type { Announce, Evidence, Scrape, Tracker } from "../../evidence.ts"
import { waitedForOthers } from "../../evidence/words.ts"
import { answered, offline } from "../offline.ts"
import { once } from "../once.ts"
import { hostKind, isNamed, onWebPort } from "./tracker-host.ts"

type Question = Announce | Scrape

export interface TrackerState {
  /** `doubtful`: not for certain its own. `unasked`: nothing was sent to it. `refused` is an answer. */
  state: "answered" | "refused" | "dead" | "doubtful" | "unasked"
  /** Why `doubtful`: it may be us, it may pass or be meant for us alone, or only the optional scrape failed. */
  doubt: "ours" | "passing" | "scrape" | null
  /** Fresh questions that failed. */
  failed: Question[]
}

/**
 * Whether each tracker works. Its failure is its own only if ours is ruled out by a witness at the same kind of address:
 * a captive portal answers for everybody, a firewall drops all UDP or all but web ports, and what answers on this machine or
 * in the house says nothing about the world. A scrape is optional (BEP 48): its failure alone condemns nobody.
 */
export const trackerStates = once(["run", "trackers", "dht", "peers"], readStates)

function readStates(evidence: Pick<Evidence, "run" | "trackers" | "dht" | "peers">): TrackerState[] {
  const { trackers, dht, peers } = evidence
  // Not all that the first who asks happens to hold: whoever asks later is told the same.
  const nobody = offline({ trackers, dht, peers })
  // A tracker that shuts out the proxy's address answers others.
  const proxied = evidence.run.contact?.proxy === true
  const witnesses = witnessesFrom(evidence)
  return trackers.map((tracker): TrackerState => {
    const asked = freshQuestions(tracker)
    const failed = asked.filter(hasFailed)
    const announces = freshAnnounces(tracker).filter(hasFailed)
    if (worked(tracker)) return { state: "answered", doubt: null, failed }
    if (asked.some(isRefusal)) return { state: "refused", doubt: null, failed }
    if (failed.length === 0) return { state: "unasked", doubt: null, failed }
    if (announces.length === 0) return { state: "doubtful", doubt: "scrape", failed }
    if (announces.some(mayPass) || announces.some((announce) => cutShort(announce, evidence.run)))
      return { state: "doubtful", doubt: "passing", failed }
    const seen = witnesses(tracker)
    const own = !nobody && !proxied && announces.every((question) => itsOwn(question, tracker, seen))
    return own ? { state: "dead", doubt: null, failed } : { state: "doubtful", doubt: "ours", failed }
  })
}

/** Trackers that may list somebody whom we never heard of: every one that isn't dead and hasn't answered in each family we have. */
export function openTrackers(evidence: Pick<Evidence, "run" | "trackers" | "dht" | "peers">): string[] {
  const states = trackerStates(evidence)
  return evidence.trackers.flatMap((tracker, i) =>
    states[i]?.state === "dead" || answeredInFull(tracker, evidence.run) ? [] : [tracker.url],
  )
}

/** The WebRTC peers of a WebSocket tracker are never named to us. */
function answeredInFull({ announces, protocol }: Tracker, { vantage }: Evidence["run"]): boolean {
  if (protocol === "ws" || protocol === "wss") return false
  const lists = announces.filter(({ ok, event }) => ok && event !== "stopped")
  const families = new Set(lists.map(({ family }) => family))
  return (
    lists.length > 0 &&
    announces.every(
      ({ family, event }) =>
        event === "stopped" || family === null || families.has(family) || !vantage[family],
    )
  )
}

const freshAnnounces = ({ announces }: Tracker): Announce[] =>
  announces.filter(({ reused, event }) => !reused && event !== "stopped")

const freshQuestions = (tracker: Tracker): Question[] => [
  ...freshAnnounces(tracker),
  ...(tracker.scrape ? [tracker.scrape] : []),
]

const hasFailed = ({ ok, failure }: Question): boolean => !ok && answered(ok, failure?.code) !== null
const isRefusal = ({ failure }: Question): boolean => failure?.code === "tracker-refused"

const worked = ({ announces, scrape }: Tracker): boolean =>
  announces.some(({ ok, event }) => ok && event !== "stopped") || scrape?.ok === true

/** Forbidden or blocked here, asked too often, busy; or a certificate that one of two clocks disagrees with. */
const passingStatus = /\b(403|407|429|451|503|511)\b/
const clockTrouble = /NOT_YET_VALID|EXPIRED/

const mayPass = ({ failure }: Question): boolean =>
  (failure?.code === "timeout" && failure.detail === waitedForOthers) ||
  (failure?.code === "http-status" && passingStatus.test(failure.detail ?? "")) ||
  (failure?.code === "tls" && clockTrouble.test(failure.detail ?? ""))

/** One silent try, and the run ended before the next: a bad moment makes no dead tracker. */
const cutShort = ({ failure, family, tries }: Question, { stopReason }: Evidence["run"]): boolean =>
  failure?.code === "timeout" && family !== null && tries === 1 && stopReason !== "complete"

/** Something that could only have come through a network that works. */
interface Witness {
  family: Question["family"]
  transport: "tcp" | "udp"
  webPort: boolean
  named: boolean
  tls: boolean
}

/** A tracker's own answer, good or a refusal; a status, a reset or garbage may come from whoever sits between. */
function witnessesFrom({
  trackers,
  peers,
}: Pick<Evidence, "trackers" | "peers">): (tracker: Tracker) => Witness[] {
  const byKind = Map.groupBy(trackers, ({ url }) => hostKind(url))
  const met = new Map<string, Witness[]>()
  return (tracker) => {
    const kind = hostKind(tracker.url)
    const alike = (byKind.get(kind) ?? []).filter((other) => other !== tracker)
    const answers = alike.flatMap((other) =>
      freshQuestions(other)
        .filter((question) => question.ok || isRefusal(question))
        .map(({ family }): Witness => ({
          family,
          transport: other.protocol === "udp" ? "udp" : "tcp",
          webPort: onWebPort(other.url),
          named: isNamed(other.url),
          tls: other.protocol === "https" || other.protocol === "wss",
        })),
    )
    if (kind !== "public") return answers
    // Who never answered named nobody: then it's the same peers for all of them.
    const key = tracker.announces.some(({ ok }) => ok) ? tracker.url : ""
    const through = met.get(key) ?? contacts(alike, peers)
    met.set(key, through)
    return [...answers, ...through]
  }
}

/**
 * Peers that we dialled and whom a public tracker named. Where they are is told by who named them and not by their addresses,
 * which redaction hides.
 */
function contacts(publicTrackers: readonly Tracker[], peers: Evidence["peers"]): Witness[] {
  const families = new Map(
    publicTrackers.flatMap(({ url, announces }) =>
      announces.filter(({ ok }) => ok).map(({ at, family }) => [`${url} ${at}`, family] as const),
    ),
  )
  const found = peers.flatMap(({ attempts, sources }) => {
    const naming = sources.find(({ kind, via, at }) => kind === "tracker" && families.has(`${via} ${at}`))
    const met = attempts.filter(({ ok, direction }) => ok && direction === "outgoing")
    if (!naming) return []
    const family = families.get(`${naming.via} ${naming.at}`) ?? null
    const through = { family, webPort: false, named: false, tls: false }
    return met.map(({ transport }): Witness => ({
      ...through,
      transport: transport === "utp" ? "udp" : "tcp",
    }))
  })
  return [...new Map(found.map((each) => [`${each.family} ${each.transport}`, each])).values()]
}

function itsOwn({ failure, family }: Question, tracker: Tracker, seen: readonly Witness[]): boolean {
  if (hostKind(tracker.url) === "loopback") return true
  if (failure?.code === "dns") return seen.some(({ named }) => named)
  // Its name was not looked up in time, and it was never asked: a few slow names keep all others waiting.
  if (failure?.code === "timeout" && family === null) return false
  const transport = tracker.protocol === "udp" ? "udp" : "tcp"
  const webPort = onWebPort(tracker.url)
  return seen.some(
    (witness) =>
      witness.transport === transport &&
      (family === null || witness.family === family) &&
      (webPort || !witness.webPort) &&
      (failure?.code !== "tls" || witness.tls),
  )
}
