/** The words of a fleet's status, for the terminal and for the page alike. What others wrote in them is not escaped yet. */
import { countMoves, type Move, type TorrentMoves } from "../../diff/since-yesterday.ts"
import {
  needingAttention,
  standings,
  type Stand,
  type Standing,
  type StandingCounts,
} from "../../report/standing.ts"
import type { AuditRow, FleetStatus } from "../../report.ts"
import { ago } from "../history.ts"
import { count, plural } from "../units.ts"

/** `3 of 41 torrents need attention.` */
export function headWords(counts: StandingCounts): string {
  const total = Object.values(counts).reduce((sum, each) => sum + each, 0)
  const need = needingAttention(counts)
  if (total === 0) return "The fleet has no torrents yet."
  if (need > 0) return `${need} of ${plural(total, "torrent")} ${need === 1 ? "needs" : "need"} attention.`
  if (counts.awaited > 0) return "No torrent is known to need attention."
  return `${total === 1 ? "The torrent is" : `All ${total} torrents are`} well.`
}

const standingWords: Record<Standing, string> = {
  critical: "critical",
  failed: "failed",
  unknown: "unknown",
  warning: "warning",
  awaited: "not audited yet",
  ok: "OK",
}

/** `1 critical`, `2 warning`, `38 OK` */
export const countsWords = (counts: StandingCounts): string[] =>
  standings.flatMap((each) => (counts[each] > 0 ? [`${count(counts[each])} ${standingWords[each]}`] : []))

/** Since then; `at` is when the status was taken. */
export const agoWords = (then: string, at: string): string => `${ago(Date.parse(at) - Date.parse(then))} ago`

/** Ids of its problems, worst first, each once. */
export const problemsOf = ({ problems }: AuditRow): string[] => [
  ...new Set(problems.map(({ audit }) => audit)),
]

/** With whom each is about. */
export const problemsInFull = ({ problems }: AuditRow): string[] => [
  ...new Set(
    problems.map(({ audit, subject }) =>
      subject === "swarm" ? audit : `${audit} ${subject.replace(/^(tracker|peer|webseed):/, "")}`,
    ),
  ),
]

/** Who sees a torrent so, where not all do: `ber fra: `. */
export const fromWords = ({ from, seen }: Stand): string => (from.length < seen ? `${from.join(" ")}: ` : "")

/** Why it stands as it does, in a few words; empty: it is well. */
export function whyWords({ standing, view }: Stand, at: string): string {
  if (view === null) return "no worker has come to it yet"
  const { newest, failed, nextDueAt } = view
  if (standing === "awaited")
    return nextDueAt === null
      ? "never due"
      : nextDueAt <= at
        ? "due"
        : `due ${nextDueAt.slice(5, 16).replace("T", " ")}`
  if (standing === "failed" && failed !== null) return `${failed.code}, tried ${times(failed.attempts)}`
  if (newest === null) return ""
  const problems = problemsOf(newest).join(", ")
  const stale = failed === null ? [] : [`then failed: ${failed.code}`]
  if (standing !== "unknown") return [...(problems === "" ? [] : [problems]), ...stale].join("; ")
  return [newest.complete ? problems || "can't tell" : "cut short", ...stale].join("; ")
}

const times = (attempts: number): string => (attempts === 1 ? "once" : `${count(attempts)} times`)

/** What waits, runs and failed. */
export function queueWords({ queue }: FleetStatus): string[] {
  const { waiting, running, retrying, doneLastDay, failedLastDay } = queue
  return [
    `${count(waiting)} waiting${retrying > 0 ? ` (${count(retrying)} tried before)` : ""}`,
    `${count(running)} running`,
    `${count(doneLastDay)} done in a day`,
    ...(failedLastDay > 0 ? [`${count(failedLastDay)} failed`] : []),
  ]
}

/** What happened, `arrow` as the page has it; who saw it is said where not all did, and once for what the same ones saw. */
export function movesWords({ moves, vantages: of }: TorrentMoves, arrow: string): string[] {
  const from = ({ vantages }: Move) => (vantages.length < of ? ` from ${vantages.join(", ")}` : "")
  return Object.entries(Object.groupBy(moves, from)).map(
    ([place, group = []]) => group.map((move) => moveWords(move, arrow)).join("; ") + place,
  )
}

function moveWords({ kind, before, after, audit, subject, but }: Move, arrow: string): string {
  const about = [audit, subject].filter((part) => part !== null && part !== "").join(" ")
  if (kind === "new") return "first audited"
  if (kind === "seeders") return `seeders reached ${before} ${arrow} ${after}`
  if (kind === "status") return `${before} ${arrow} ${after}${but === "" ? "" : ` (${but})`}`
  if (before === null) return `new: ${about}`
  return after === null ? `gone: ${about}` : `${about} ${before} ${arrow} ${after}`
}

/** `2 worse, 1 better, 3 new` */
export function countWords(torrents: readonly TorrentMoves[]): string {
  const { worse, better, other, new: fresh } = countMoves(torrents)
  const parts = [
    [worse, "worse"],
    [other, "unclear"],
    [better, "better"],
    [fresh, "new"],
  ] as const
  return parts.flatMap(([number, word]) => (number > 0 ? [`${number} ${word}`] : [])).join(", ")
}

const twoDaysMs = 48 * 3_600_000

/** Where the audits before are older than yesterday's, it is said. */
export const sinceWords = ({ since }: TorrentMoves, at: string): string =>
  since !== null && Date.parse(at) - Date.parse(since) > twoDaysMs ? `since ${since.slice(0, 10)}` : ""
