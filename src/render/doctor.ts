/** What `torrent-audit doctor` found, for a terminal: the answer first, then a line for each examination and what it means. */
import type { DoctorAnswer, DoctorCheck, DoctorCheckName, DoctorLevel } from "../evidence/doctor.ts"
import { createPage, type Mark, type Page, type PageOptions } from "./page.ts"
import { padEnd, wrap } from "./text.ts"
import { date, plural, reply } from "./units.ts"

const titles: Record<DoctorCheckName, string> = {
  ipv4: "IPv4",
  ipv6: "IPv6",
  dns: "DNS",
  udp: "UDP",
  dht: "DHT",
  clock: "clock",
  inbound: "inbound",
  files: "open files",
  storage: "storage",
  node: "Node",
}
const titleColumns = 12

const markOf = (level: DoctorLevel, { symbols, paint }: Page): Mark =>
  ({
    ok: { symbol: symbols.ok, paint: paint.green },
    warning: { symbol: symbols.warning, paint: paint.yellow },
    problem: { symbol: symbols.bad, paint: paint.red },
    untested: { symbol: symbols.none, paint: paint.dim },
  })[level]

/** No line wider than the columns; nothing but our own colours in it. */
export function renderDoctor(answer: DoctorAnswer, options: PageOptions): string {
  const page = createPage(options)
  const lines = [...headLines(answer, page), "", ...answer.checks.flatMap((check) => checkLines(check, page))]
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`
}

function headLines({ status, checks, complete, startedAt, ms, tool }: DoctorAnswer, page: Page): string[] {
  const count = (wanted: DoctorLevel) => checks.filter(({ level }) => level === wanted).length
  const { symbol, paint } = markOf(status, page)
  const [problems, warnings, untested] = [count("problem"), count("warning"), count("untested")]
  const parts = [
    problems > 0 ? plural(problems, "problem") : "",
    warnings > 0 ? plural(warnings, "warning") : "",
    untested > 0 ? `${untested} of ${checks.length} untested` : "",
  ].filter(Boolean)
  // In ASCII the symbol of OK is the word itself.
  const start = symbol === status ? `${status.toUpperCase()}  ` : `${symbol} ${status.toUpperCase()}  `
  const ended = complete ? "" : " Stopped early."
  const sentence = `${parts.length === 0 ? "An audit can see all there is" : parts.join(", ")}.${ended}`
  const [first = "", ...rest] = wrap(sentence, page.columns - start.length)
  return [
    `${paint(start.trimEnd())}  ${page.paint.bold(first)}`,
    ...rest.map((line) => `  ${page.paint.bold(line)}`),
    ...wrap(`${tool.name} ${tool.version}  ${date(startedAt)}  ${reply(ms)}`, page.columns - 2).map(
      (line) => `  ${page.paint.dim(line)}`,
    ),
  ]
}

function checkLines({ name, level, found, means }: DoctorCheck, page: Page): string[] {
  const { symbol, paint } = markOf(level, page)
  const start = `  ${padEnd(symbol, page.ascii ? 3 : 2)}${padEnd(titles[name], titleColumns)}`
  const indent = " ".repeat(start.length)
  const room = page.columns - start.length
  const [first = "", ...rest] = wrap(page.text(found), room)
  const arrow = `${page.symbols.arrow} `
  const advice = wrap(page.text(means), page.columns - 6 - arrow.length)
  return [
    `  ${paint(padEnd(symbol, page.ascii ? 3 : 2))}${padEnd(titles[name], titleColumns)}${first}`,
    ...rest.map((line) => indent + line),
    ...advice.map((line, at) =>
      page.paint.dim(`      ${at === 0 ? arrow : " ".repeat(arrow.length)}${line}`),
    ),
  ]
}
