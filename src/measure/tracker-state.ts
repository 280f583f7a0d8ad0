import type { Announce, Evidence, Scrape, Tracker } from "../evidence.ts"
import { answered, offline } from "./offline.ts"

type Question = Announce | Scrape

export interface TrackerState {
  /** `doubtful`: it may be us. `unasked`: nothing was sent to it. `refused` is an answer. */
  state: "answered" | "refused" | "dead" | "doubtful" | "unasked"
  /** Fresh questions that failed. */
  failed: Question[]
}

const loopback = /^[a-z]+:\/\/(127\.|\[::1\]|localhost[:/])/i

/**
 * Whether each tracker works. Its silence is its own only if ours is ruled out: something answered over that address
 * family; for UDP, which firewalls drop as a whole, another UDP tracker answered; for a name that temporarily doesn't resolve,
 * another tracker answered.
 */
export function trackerStates(evidence: Pick<Evidence, "run" | "trackers" | "peers">): TrackerState[] {
  const { trackers } = evidence
  const nobody = offline(evidence)
  return trackers.map((tracker) => {
    const asked = freshQuestions(tracker)
    const failed = asked.filter(({ ok, failure }) => answered(ok, failure?.code) !== null && !ok)
    if (worked(tracker)) return { state: "answered", failed }
    if (asked.some(({ failure }) => failure?.code === "tracker-refused")) return { state: "refused", failed }
    if (failed.length === 0) return { state: "unasked", failed }
    const others = trackers.filter((other) => other !== tracker)
    return {
      state:
        !nobody && failed.every((question) => itsOwn(question, tracker, others, evidence))
          ? "dead"
          : "doubtful",
      failed,
    }
  })
}

const freshQuestions = ({ announces, scrape }: Tracker): Question[] => [
  ...announces.filter(({ reused, event }) => !reused && event !== "stopped"),
  ...(scrape ? [scrape] : []),
]

const worked = ({ announces, scrape }: Tracker): boolean =>
  announces.some(({ ok, event }) => ok && event !== "stopped") || scrape?.ok === true

const spoke = (tracker: Tracker): boolean =>
  freshQuestions(tracker).some(({ ok, failure }) => answered(ok, failure?.code) === true)

function itsOwn(
  { failure, family }: Question,
  tracker: Tracker,
  others: readonly Tracker[],
  { run }: Pick<Evidence, "run">,
): boolean {
  if (answered(false, failure?.code) === true || loopback.test(tracker.url)) return true
  if (failure?.code === "dns") return failure.detail === "ENOTFOUND" || others.some(spoke)
  if (family !== null && !run.vantage[family]) return false
  return tracker.protocol !== "udp" || others.some((other) => other.protocol === "udp" && spoke(other))
}
