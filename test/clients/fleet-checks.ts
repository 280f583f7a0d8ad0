/** What must be true of a fleet's database, whatever happened to its workers and to itself. */
import type { AuditRow, DueRow } from "./fleet-store.ts"
import { check, equal, type Check } from "./table.ts"

const pairOf = ({ infoHash, vantage }: { infoHash: string; vantage: string }) => `${infoHash} ${vantage}`

const few = (lines: readonly string[]): string => lines.slice(0, 5).join("; ")

export const isDone = ({ state }: DueRow): boolean => state === "done"

/** How many ended well, of the pair of a torrent and a vantage point that has the fewest. */
export function fewestDone(due: readonly DueRow[], pairs: number): number {
  const counts = [...Map.groupBy(due.filter(isDone), pairOf).values()].map((rows) => rows.length)
  return counts.length < pairs ? 0 : Math.min(...counts)
}

/** `twoFaced`: of its announces at the second tracker. */
export function checkKeptOnce(due: readonly DueRow[], audits: readonly AuditRow[], pairs: number): Check[] {
  const named = due.map((row) => `${pairOf(row)} ${row.auditId}`).toSorted()
  const kept = audits.map((row) => `${pairOf(row)} ${row.id}`).toSorted()
  const open = due.filter((row) => !isDone(row)).map((row) => `${pairOf(row)} ${row.dueAt} ${row.state}`)
  return [
    check("every audit that was due ended well", open.length === 0, few(open)),
    check("each pair of a torrent and a vantage point was due twice at least", fewestDone(due, pairs) >= 2),
    equal("each is in the store", named.filter((one) => !kept.includes(one)).slice(0, 3), []),
    equal("and nothing else is", kept.filter((one) => !named.includes(one)).slice(0, 3), []),
    equal("each once", new Set(kept).size, kept.length),
    equal("as many as were due", kept.length, due.length),
    equal("all of them whole", audits.filter(({ complete }) => complete !== 1).length, 0),
  ]
}

export function checkOneAtATime(audits: readonly AuditRow[]): Check {
  const overlaps = [...Map.groupBy(audits, pairOf)].flatMap(([pair, rows]) => {
    const inOrder = rows.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt))
    return inOrder.flatMap((row, index) => {
      const next = inOrder[index + 1]
      const endMs = Date.parse(row.startedAt) + row.durationMs
      return next !== undefined && Date.parse(next.startedAt) < endMs
        ? [`${pair}: ${row.id} and ${next.id}`]
        : []
    })
  })
  return check("of a torrent and a vantage point one audit at a time", overlaps.length === 0, few(overlaps))
}

/** `liars`: addresses as they are; snapshots keep of them the network and the port. */
export function checkAccused(
  audits: readonly AuditRow[],
  { liars, tracker, fooled }: { liars: readonly string[]; tracker: string; fooled: string },
): Check[] {
  const all = audits.flatMap(({ infoHash, vantage, problems }) =>
    problems.map(([audit, subject, verdict]) => ({ infoHash, vantage, audit, subject, verdict })),
  )
  const isLiar = (subject: string) =>
    liars.some((address) => {
      const [, network = "", port = ""] = /^(\d+\.\d+\.\d+)\.\d+:(\d+)$/.exec(address) ?? []
      return subject.startsWith(`peer:${network}.0/24~`) && subject.endsWith(`:${port}`)
    })
  const told = ({ infoHash, vantage, audit, subject, verdict }: (typeof all)[number]) =>
    `${verdict} ${audit} ${subject} of ${infoHash.slice(0, 8)} from ${vantage}`
  const peers = all.filter(({ subject }) => subject.startsWith("peer:"))
  const trackers = all.filter(({ subject }) => subject.startsWith("tracker:"))
  const honest = peers.filter(({ subject }) => !isLiar(subject))
  const wronged = trackers.filter(
    ({ subject, vantage }) => subject !== `tracker:${tracker}` || vantage !== fooled,
  )
  const rest = all.filter((each) => !peers.includes(each) && !trackers.includes(each))
  const seers = new Set(peers.filter(({ subject }) => isLiar(subject)).map(({ vantage }) => vantage))
  return [
    check("no honest peer is accused", honest.length === 0, few(honest.map(told))),
    check("no tracker is, but by whom it lies to", wronged.length === 0, few(wronged.map(told))),
    check("nothing else is wrong", rest.length === 0, few(rest.map(told))),
    equal("who sends wrong bytes is named from everywhere", seers.size, 3),
    check(
      "who is lied to says so",
      trackers.some(({ vantage }) => vantage === fooled),
    ),
  ]
}
