/**
 * Our marked blocks in the text of a crontab. The text has one character for each byte (latin1), so that lines of others,
 * whatever their encoding, stay byte for byte.
 */
import { InputError } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Scheduled } from "../scheduled.ts"
import { quoteWord, unquoteWords } from "./words.ts"

/** Of a command: what Debian's cron takes. */
const maxCommandBytes = 998

const openingOf = (id: string) => `# >>> torrent-audit ${id}`
const closingOf = (id: string) => `# <<< torrent-audit ${id}`

const toBytes = (text: string): string => Buffer.from(text, "utf8").toString("latin1")
const fromBytes = (bytes: string): string => Buffer.from(bytes, "latin1").toString("utf8")

interface Block {
  id: string
  /** Of its first byte, and past its last. */
  start: number
  end: number
  /** Between the marks. */
  lines: string[]
}

/** Throws InputError `bad-crontab` where a mark has lost its other one: what lies between may be anybody's. */
function blocksIn(crontab: string): Block[] {
  const blocks: Block[] = []
  let open: Block | null = null
  let at = 0
  for (const line of crontab.split(/(?<=\n)/)) {
    // The last line may have no end yet: then it gets one before a block of ours.
    const text = line.replace(/\r?\n?$/, "")
    const [, mark, id = ""] = /^# (>>>|<<<) torrent-audit ([0-9a-f]{8})$/.exec(text) ?? []
    if (mark === ">>>" ? open !== null : mark === "<<<" && open?.id !== id) throw lostMark(open?.id ?? id)
    if (mark === ">>>") open = { id, start: at, end: at, lines: [] }
    else if (mark === "<<<" && open !== null) {
      blocks.push({ ...open, end: at + line.length })
      open = null
    } else open?.lines.push(text)
    at += line.length
  }
  if (open !== null) throw lostMark(open.id)
  return blocks
}

const lostMark = (id: string): InputError =>
  new InputError(
    "bad-crontab",
    `the crontab has only one of the marks of torrent-audit ${id}`,
    `Put \`${openingOf(id)}\` and \`${closingOf(id)}\` around its lines, or remove both: crontab -e`,
  )

/** The marked lines as UX §4 draws them. `otherwise`: whom cron mails to before and after it. Throws InputError `too-long`. */
function blockText(scheduled: Scheduled, otherwise: string): string {
  const { id, expression, environment, words, mailto } = scheduled
  const settings = Object.entries(environment).map(([name, value]) => `${name}=${quoteWord(value)}`)
  const command = [...settings, ...words.map(quoteWord)].join(" ")
  if (Buffer.byteLength(command) > maxCommandBytes)
    throw new InputError(
      "too-long",
      `cron takes ${maxCommandBytes} bytes of command, not ${Buffer.byteLength(command)}`,
      "Put the targets into a file, a line each, and schedule @FILE; or use --on systemd.",
    )
  const line = `${expression} ${command}`
  const mailed = mailto === null ? [line] : [`MAILTO=${mailto}`, line, `MAILTO=${otherwise}`]
  return `${[openingOf(id), ...mailed, closingOf(id)].join("\n")}\n`
}

/** In place of the block of that id, or else at the end. `user` gets the mail where no MAILTO says another. */
export function withBlock(
  crontab: string,
  scheduled: Scheduled,
  user: string,
): { crontab: string; block: string } {
  const old = blocksIn(crontab).find(({ id }) => id === scheduled.id)
  const [before, after] = old
    ? [crontab.slice(0, old.start), crontab.slice(old.end)]
    : [crontab === "" || crontab.endsWith("\n") ? crontab : `${crontab}\n`, ""]
  const block = blockText(scheduled, mailtoIn(before) ?? user)
  return { crontab: before + toBytes(block) + after, block }
}

/** As cron reads it: the last one counts. Its quotes stay, so that it can be put back as it was. */
const mailtoIn = (crontab: string): string | null => {
  const [, value] = [...crontab.matchAll(/^[ \t]*(?:MAILTO|"MAILTO"|'MAILTO')[ \t]*=(.*)$/gm)].at(-1) ?? []
  if (value === undefined) return null
  const trimmed = value.slice(/^[ \t]*/.exec(value)?.[0].length, endOfWords(value))
  return trimmed === "" ? '""' : fromBytes(trimmed)
}

/** By hand, as a pattern for the end of a line tries each of its spaces; nor are all of Unicode's spaces cron's. */
function endOfWords(line: string): number {
  let end = line.length
  while (end > 0 && " \t\r".includes(line[end - 1] ?? "x")) end--
  return end
}

export function withoutBlock(crontab: string, id: string): string {
  return blocksIn(crontab)
    .filter((block) => block.id === id)
    .reduceRight((text, { start, end }) => text.slice(0, start) + text.slice(end), crontab)
}

/** A block that somebody has rewritten is still theirs to see and to remove: its line then is one word. */
export function scheduledIn(crontab: string): Scheduled[] {
  const blocks = blocksIn(crontab)
  const { maxScheduled } = limits.crontab
  if (blocks.length > maxScheduled)
    throw new InputError(
      "bad-crontab",
      `the crontab has ${blocks.length} schedules of torrent-audit: more than the ${maxScheduled} that are read`,
      "Remove what is not yours: crontab -e",
    )
  return blocks.map(({ id, lines }) => {
    const line = fromBytes(lines.find((each) => /^[\d*]/.test(each)) ?? "")
    const [, expression = "", command = ""] = /^((?:\S+\s+){4}\S+)\s+(.*)$/.exec(line) ?? []
    const words = unquoteWords(command) ?? [command]
    const settings = words.findIndex((word) => !/^[A-Z_]+=/.test(word))
    const first = lines[0] === undefined ? null : mailtoIn(lines[0])
    return {
      on: "cron",
      id,
      expression: expression.replaceAll(/\s+/g, " "),
      environment: Object.fromEntries(
        words
          .slice(0, settings < 0 ? 0 : settings)
          .map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]),
      ),
      words: settings < 0 ? words : words.slice(settings),
      mailto: first,
    }
  })
}
