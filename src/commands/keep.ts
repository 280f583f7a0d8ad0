/** A finished audit goes into the history, unless `--no-history`; and what was known before comes out of it. */
import { InputError } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Snapshot } from "../report.ts"
import { auditRow, openHistory, type History } from "../store/history.ts"
import { stateDirectory } from "../store/xdg.ts"
import type { Context } from "./context.ts"
import { storeOf } from "./request.ts"
import type { RowsOf } from "./deliver/outputs.ts"

export const historyOf = (
  { environment, flags }: Pick<Context, "environment" | "flags">,
  options: { wasThere?: boolean } = {},
): Promise<History> => openHistory(storeOf(flags) ?? stateDirectory(environment), options)

/** A database that was named and can't be used is said before anything is sent. */
export async function checkStore(context: Pick<Context, "environment" | "flags">): Promise<void> {
  if (storeOf(context.flags) === null || context.flags["no-history"] === true) return
  const history = await historyOf(context)
  try {
    await history.told("")
  } finally {
    await history.close()
  }
}

/** The name under which it can be found again; null: it wasn't kept. A history that can't be written ends no audit: it is said on standard error. */
export async function keep(snapshot: Snapshot, context: Context): Promise<string | null> {
  const row = auditRow(snapshot)
  if (row === null) return null
  return forgivingly(null, context, async (history) => {
    await history.add(snapshot)
    return history.shortId(row.infoHash, row.id)
  })
}

/** What earlier audits found; nothing with `--no-history`, nor where there is none. One that can't be read is said on standard error. */
export const rowsOf =
  (context: Pick<Context, "environment" | "flags" | "terminal">): RowsOf =>
  async (infoHash) =>
    context.flags["no-history"] === true
      ? []
      : forgivingly([], context, (history) => history.audits(infoHash, limits.history.maxRows))

async function forgivingly<T>(
  otherwise: T,
  context: Pick<Context, "environment" | "flags" | "terminal">,
  work: (history: History) => Promise<T>,
): Promise<T> {
  const { terminal } = context
  const history = await historyOf(context, { wasThere: true })
  try {
    return await work(history)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const { formatError } = await import("../render/errors.ts")
    terminal.err(formatError(error, { color: terminal.errorColor, ascii: terminal.ascii }))
    return otherwise
  } finally {
    await history.close()
  }
}
