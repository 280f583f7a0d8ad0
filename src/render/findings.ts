/** What the audits concluded: problems with their advice, open questions in a line or two, passes when asked for. */
import type { Finding, Snapshot, Verdict } from "../report.ts"
import { type Page, type Paint, verdictMark } from "./page.ts"
import { fit, fitWords, padEnd, width, wrap } from "./text.ts"
import { plural } from "./units.ts"

const order: readonly Verdict[] = ["fail", "warn", "error", "inconclusive", "skipped", "pass"]

/** A flood of accused peers must not push the rest off the screen. */
const mostPerAudit = 10
const mostPerAuditVerbose = 200
const leastIdColumns = 12
const mostIdColumns = 24
/** The right margin that the tables have too. */
const margin = 4

const auditId = ({ audit }: Finding, page: Page): string =>
  fit(page.text(audit), mostIdColumns, page.symbols.ellipsis)

const isProblem = ({ verdict }: Finding) => verdict === "fail" || verdict === "warn"

/** Columns of a sentence: an audit's takes two or three lines, a forged snapshot could fill the screen. */
const longest = 400
const openQuestionLines = 3

/** The sentence, which names its subject; when it doesn't, the subject stands before it. */
function sentence({ subject, because }: Finding, page: Page): string {
  const text = fitWords(page.text(because).replace(/\.$/, ""), longest, page.symbols.ellipsis)
  const colon = subject.indexOf(":")
  if (colon < 0) return text
  const name = page.text(subject.slice(colon + 1))
  const host = name.replace(/:\d+$/, "")
  return text.includes(host) ? text : `${name}: ${text}`
}

interface Entry {
  finding: Finding
  /** Findings of the same audit and verdict that this one stands for too. */
  others: number
}

function choose(findings: readonly Finding[], page: Page): Entry[] {
  const groups = Map.groupBy(findings, ({ audit, verdict }) => `${order.indexOf(verdict)} ${audit}`)
  const entries: Entry[] = []
  for (const group of groups.values()) {
    const most = page.verbose ? mostPerAuditVerbose : group.some(isProblem) ? mostPerAudit : 1
    const shown = group.slice(0, most)
    shown.forEach((finding, index) => {
      entries.push({ finding, others: index === shown.length - 1 ? group.length - shown.length : 0 })
    })
  }
  return entries.toSorted(
    (one, other) => order.indexOf(one.finding.verdict) - order.indexOf(other.finding.verdict),
  )
}

/** A start, and text that continues below itself. */
function hanging(start: string, text: string, page: Page, tone: Paint = (same) => same): string[] {
  const hang = " ".repeat(width(start))
  const room = page.columns - hang.length - (page.layout === "list" ? 0 : margin)
  return wrap(text, room).map((line, index) => (index === 0 ? start : hang) + tone(line))
}

function entryLines({ finding, others }: Entry, idColumns: number, page: Page): string[] {
  const { symbol, paint } = verdictMark(finding.verdict, page)
  const full = isProblem(finding) || page.verbose
  const tone: Paint = full ? (same) => same : page.paint.dim
  const mark = `  ${paint(padEnd(symbol, width(page.symbols.ok)))} `
  const id = tone(auditId(finding, page))
  const stacked = page.layout === "list"
  const start = stacked ? " ".repeat(width(mark)) : `${mark}${padEnd(id, idColumns)}   `
  const more = others > 0 ? ` (and ${others} more)` : ""
  const most = openQuestionLines * (page.columns - width(start) - 2 * margin) - width(more)
  const told = full ? sentence(finding, page) : fitWords(sentence(finding, page), most, page.symbols.ellipsis)
  const lines = hanging(start, told + more, page, tone)
  if (stacked) lines.unshift(mark + id)
  if (full && finding.advice !== null) {
    const advice = fitWords(page.text(finding.advice), longest, page.symbols.ellipsis)
    lines.push(...hanging(`      ${page.symbols.arrow} `, advice, page))
  }
  return lines
}

export function findingLines({ findings }: Pick<Snapshot, "findings">, page: Page): string[] {
  const asked = findings.filter(({ verdict }) => verdict !== "skipped")
  const audits = new Set(asked.map(({ audit }) => audit)).size
  if (audits === 0) return []
  const title = page.paint.bold("FINDINGS")
  const entries = choose(page.verbose ? findings : asked.filter(({ verdict }) => verdict !== "pass"), page)
  if (entries.length === 0) {
    const { symbol, paint } = verdictMark("pass", page)
    return [
      title,
      ...hanging(`  ${paint(symbol)} `, `${plural(audits, "question")} asked, nothing found`, page),
    ]
  }
  const idColumns = Math.max(leastIdColumns, ...entries.map(({ finding }) => width(auditId(finding, page))))
  return [title, ...entries.flatMap((entry) => entryLines(entry, idColumns, page))]
}
