/** What is due, and whether the workers keep up. */
import { isLate, oldestWaitMs } from "../../report/vantage-state.ts"
import type { FleetStatus } from "../../report.ts"
import type { Page } from "../page.ts"
import { flow } from "../text.ts"
import { agoWords, queueWords } from "./words.ts"

const indent = "          "

export function queueLines(status: FleetStatus, page: Page): string[] {
  const { oldestDueAt } = status.queue
  const lines = flow(queueWords(status), page.columns - indent.length)
  const late =
    oldestWaitMs(status) === null || oldestDueAt === null
      ? []
      : [oldest(agoWords(oldestDueAt, status.at), isLate(status), page)]
  return [...lines, ...late].map(
    (line, index) => (index === 0 ? page.paint.bold("QUEUE") + indent.slice(5) : indent) + line,
  )
}

const oldest = (since: string, late: boolean, { paint, symbols }: Page): string =>
  late ? paint.yellow(`${symbols.warning} LATE: the oldest was due ${since}`) : `the oldest was due ${since}`
