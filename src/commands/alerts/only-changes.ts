/** What an audit has to say: `-q`, and `--only-changes`, which asks the history what was told last. */
import { InputError } from "../../failure.ts"
import { limits } from "../../limits.ts"
import { formatError } from "../../render/errors.ts"
import { afterwards, fingerprintOf, isNews, stateFrom, stateOf, type State } from "../../render/state.ts"
import type { AuditRow, Snapshot } from "../../report.ts"
import { auditRow, type Told } from "../../store/history.ts"
import type { Context } from "../context.ts"
import { historyOf } from "../keep.ts"
import type { OutputOptions } from "../request.ts"

export interface Utterance {
  what: "nothing" | "report" | "reminder" | "recovered"
  /** What was told before; null: nothing. */
  before: Told | null
  /** To be called once it is printed: killed before that, the next run tells it again. */
  said: () => Promise<void>
}

const silently = async () => {}

export async function utterance(
  snapshot: Snapshot,
  output: Pick<OutputOptions, "quiet" | "onlyChanges">,
  context: Context,
): Promise<Utterance> {
  const { status } = snapshot.verdict
  const { stopReason } = snapshot.run
  const plainly = output.quiet && status === "ok" ? "nothing" : "report"
  const row = auditRow(snapshot)
  // Ctrl-C says nothing about the swarm.
  const stopped = stopReason === "interrupted" || stopReason === "terminated"
  if (!output.onlyChanges || row === null || stopped) return { what: plainly, before: null, said: silently }
  try {
    return await news(row, context)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    // Twice told is better than not at all.
    complain(error, context)
    return { what: status === "ok" ? "nothing" : "report", before: null, said: silently }
  }
}

async function news(row: AuditRow, context: Context): Promise<Utterance> {
  const { infoHash, status } = row
  const told = await withHistory(context, (history) => history.told(infoHash))
  const now = new Date()
  const saying = (what: Utterance["what"], state: State): Utterance => ({
    what,
    before: told,
    async said() {
      const next: Told = { at: now.toISOString(), fingerprint: fingerprintOf(state), status: state.status }
      try {
        await withHistory(context, (history) => history.tell(infoHash, next))
      } catch (error) {
        if (!(error instanceof InputError)) throw error
        complain(error, context)
      }
    },
  })
  const state = stateOf(row)
  if (told === null) return saying(status === "ok" ? "nothing" : "report", state)
  const before = stateFrom(told.fingerprint, told.status)
  if (isNews(before, state))
    return saying(status === "ok" ? "recovered" : "report", afterwards(before, state))
  if (status !== "ok" && isDue(told, now)) return saying("reminder", state)
  return { what: "nothing", before: told, said: silently }
}

/** A day later; a bit sooner, since a daily job never starts at quite the same time. Or the clock went back. */
function isDue({ at }: Told, now: Date): boolean {
  const { afterMs, earlyMs } = limits.reminder
  const ageMs = now.getTime() - Date.parse(at)
  return !(ageMs >= 0 && ageMs < afterMs - earlyMs)
}

async function withHistory<T>(
  context: Context,
  use: (history: Awaited<ReturnType<typeof historyOf>>) => Promise<T>,
): Promise<T> {
  const history = await historyOf(context)
  try {
    return await use(history)
  } finally {
    await history.close()
  }
}

const complain = (error: InputError, { terminal }: Context): void =>
  terminal.err(formatError(error, { color: terminal.errorColor, ascii: terminal.ascii }))
