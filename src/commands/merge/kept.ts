/** What is kept of one torrent, from each place: the newest audit and, as tests of trackers go by several answers, those of the day before it. */
import { InputError } from "../../failure.ts"
import type { Placed } from "../../merge.ts"
import type { History, KeptWhole } from "../../store/history.ts"
import type { Context } from "../context.ts"
import { keptTarget } from "../kept.ts"
import { evidenceOf } from "../snapshot.ts"

const mostRounds = 6
const dayMs = 24 * 3_600_000

export async function lastFromEach(
  text: string,
  history: History,
  from: Pick<Context, "stdin">,
): Promise<Placed[]> {
  const { infoHash, name } = await keptTarget(text, history, from)
  const kept = await history.whole(infoHash)
  const placed: Placed[] = []
  const places = Map.groupBy(kept, ({ vantage }) => vantage ?? "")
  for (const label of [...places.keys()].toSorted().filter((each) => each !== "")) {
    for (const { id } of recent(places.get(label) ?? [])) {
      const snapshot = await history.snapshot(infoHash, id)
      if (snapshot !== null) placed.push({ label, snapshot: evidenceOf(snapshot) })
    }
  }
  if (placed.length > 0) return placed
  throw new InputError(
    "no-file",
    `no audit of ${name.slice(0, 80)} from a named place is kept`,
    "Audit it from two places: torrent-audit TARGET --vantage NAME --store postgres://…",
  )
}

/** Newest first, as `kept` is; of one depth. */
function recent(kept: readonly KeptWhole[]): readonly KeptWhole[] {
  const [newest] = kept
  const sinceMs = Date.parse(newest?.startedAt ?? "") - dayMs
  return kept
    .filter(({ depth, startedAt }) => depth === newest?.depth && Date.parse(startedAt) >= sinceMs)
    .slice(0, mostRounds)
}
