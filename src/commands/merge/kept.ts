/** What is kept of one torrent, from each place: the newest audit and, as tests of trackers go by several answers, those of the day before it. */
import { vantageLabel } from "../../evidence.ts"
import { InputError } from "../../failure.ts"
import { closeMs, type Placed } from "../../merge.ts"
import type { History, KeptWhole } from "../../store/history.ts"
import type { Context } from "../context.ts"
import { keptTarget } from "../kept.ts"
import { evidenceOf } from "../snapshot.ts"
import { fewEnough } from "./inputs.ts"

const mostRounds = 6
const dayMs = 24 * 3_600_000

export async function lastFromEach(
  text: string,
  history: History,
  from: Pick<Context, "stdin" | "terminal">,
): Promise<Placed[]> {
  const { infoHash, name } = await keptTarget(text, history, from)
  const kept = await history.whole(infoHash)
  const placed: Placed[] = []
  const places = new Map(
    [...Map.groupBy(kept, ({ vantage }) => vantage ?? "")].filter(
      ([label]) => vantageLabel.safeParse(label).success,
    ),
  )
  const gone = outdated(places)
  if (gone.length > 0)
    from.terminal.err(
      `note: left out, as audited more than ${closeMs / 3_600_000} h before the last: ${gone.join(", ")}\n`,
    )
  for (const label of [...places.keys()].toSorted().filter((each) => !gone.includes(each))) {
    for (const { id } of recent(places.get(label) ?? [])) {
      const snapshot = await history.snapshot(infoHash, id)
      if (snapshot !== null) placed.push({ label, snapshot: evidenceOf(snapshot) })
    }
  }
  if (placed.length > 0) return fewEnough(placed)
  throw new InputError(
    "no-file",
    `no audit of ${name.slice(0, 80)} from a named place is kept`,
    "Audit it from two places: torrent-audit TARGET --vantage NAME --store postgres://…",
  )
}

/** Places whose newest audit is so far behind the newest of all that it saw another swarm. */
function outdated(places: ReadonlyMap<string, readonly KeptWhole[]>): string[] {
  const newest = [...places].map(([label, [first]]) => [label, Date.parse(first?.startedAt ?? "")] as const)
  const lastMs = newest.reduce((last, [, ms]) => Math.max(last, ms), -Infinity)
  return newest.flatMap(([label, ms]) => (lastMs - ms > closeMs ? [label] : [])).toSorted()
}

/** Newest first, as `kept` is; of one depth. */
function recent(kept: readonly KeptWhole[]): readonly KeptWhole[] {
  const [newest] = kept
  const sinceMs = Date.parse(newest?.startedAt ?? "") - dayMs
  return kept
    .filter(({ depth, startedAt }) => depth === newest?.depth && Date.parse(startedAt) >= sinceMs)
    .slice(0, mostRounds)
}
