/** Text that others wrote, made safe to print, and cut, padded and wrapped by the columns it takes. */
import width from "./string-width.cjs"

export { width }

/** More than any line shows: what comes after isn't even looked at. */
const maxLength = 2_000
/** Marks on one letter; more only climb over the neighbouring lines. */
const maxMarks = 3

const control = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Cn}]/gu
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu
const marks = new RegExp(
  `([\\p{Mn}\\p{Me}\\u1160-\\u11ff]{${maxMarks}})[\\p{Mn}\\p{Me}\\u1160-\\u11ff]+`,
  "gu",
)
// Terminals disagree about the columns of these, and a table must align.
const unsteady =
  /[\p{Mn}\p{Me}\p{Extended_Pictographic}\p{Emoji_Presentation}\u1160-\u11ff\u2329\u232a\u2630-\u2637\u268a-\u268f\u4dc0-\u4dff\u{10000}-\u{10ffff}]/gu

const asciiFor: Record<string, string> = {
  "–": "-",
  "—": "-",
  "−": "-",
  "×": "x",
  "·": ".",
  "…": "...",
  "→": "->",
  "≥": ">=",
  "≤": "<=",
  "≈": "~",
  "’": "'",
  "‘": "'",
  "“": '"',
  "”": '"',
  µ: "u",
}

/** No letter carries more than a few marks. */
export const withoutPiles = (text: string): string => text.replace(marks, "$1")

const toAscii = (text: string): string =>
  text
    .replace(/[^\x20-\x7e]/gu, (character) => asciiFor[character] ?? character)
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^\x20-\x7e]/gu, "?")

/** One printable line: controls and direction overrides show as `·`, invisible characters are dropped. */
export function escape(text: string, ascii = false): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength).toWellFormed()}…` : text.toWellFormed()
  const safe = withoutPiles(
    cut
      .replace(control, "·")
      .replace(invisible, "")
      .replace(/\p{Zs}/gu, " ")
      .normalize("NFC"),
  )
  return ascii ? toAscii(safe) : safe
}

/** As `escape`, for a table cell: every character is certain to take the columns that we count. */
export const escapeCell = (text: string, ascii = false): string => escape(text, ascii).replace(unsteady, "·")

/** The longest beginning that takes at most `columns`. */
function head(text: string, columns: number): string {
  let taken = 0
  let end = 0
  for (const character of text) {
    taken += width(character)
    if (taken > columns) break
    end += character.length
  }
  return text.slice(0, end)
}

function tail(text: string, columns: number): string {
  const characters = Array.from(text)
  let taken = 0
  let start = characters.length
  while (start > 0) {
    taken += width(characters[start - 1] ?? "")
    if (taken > columns) break
    start--
  }
  return characters
    .slice(start)
    .join("")
    .replace(/^[\p{Mn}\p{Me}\u1160-\u11ff]+/u, "")
}

/** Cut at the end, with an ellipsis. */
export function fit(text: string, columns: number, ellipsis: string): string {
  if (width(text) <= columns) return text
  if (columns <= width(ellipsis)) return head(ellipsis, Math.max(0, columns))
  return head(text, columns - width(ellipsis)).trimEnd() + ellipsis
}

/** A sentence cut after a whole word. */
export function fitWords(text: string, columns: number, ellipsis: string): string {
  if (width(text) <= columns) return text
  const cut = head(text, columns - width(ellipsis))
  const words = cut.lastIndexOf(" ")
  return words < cut.length / 2 ? fit(text, columns, ellipsis) : `${cut.slice(0, words)} ${ellipsis}`
}

/** Cut in the middle: the end of an address (its port) and of a file name (its extension) matter too. */
export function fitMiddle(text: string, columns: number, ellipsis: string): string {
  if (width(text) <= columns) return text
  const room = columns - width(ellipsis)
  if (room < 8) return fit(text, columns, ellipsis)
  const end = Math.floor(room / 3)
  return head(text, room - end) + ellipsis + tail(text, end)
}

/** Whether a sentence about it names it: `x.torrent is a web page`, `no such file: x.torrent`. */
export const says = (name: string, sentence: string): boolean =>
  sentence.startsWith(`${name} `) || sentence.endsWith(`: ${name}`)

export const padEnd = (text: string, columns: number): string =>
  text + " ".repeat(Math.max(0, columns - width(text)))

export const padStart = (text: string, columns: number): string =>
  " ".repeat(Math.max(0, columns - width(text))) + text

/** Words into lines of at most `columns`, the first of at most `first`; a longer word is broken. */
export function wrap(text: string, columns: number, first = columns): string[] {
  const lines: string[] = []
  let line = ""
  const room = () => Math.max(1, lines.length === 0 ? first : columns)
  for (const word of text.split(" ").filter(Boolean)) {
    const joined = line === "" ? word : `${line} ${word}`
    if (width(joined) <= room()) {
      line = joined
      continue
    }
    if (line !== "") lines.push(line)
    let rest = word
    while (width(rest) > room()) {
      // A wide character in a single column: taken all the same, so that this ends.
      const part = head(rest, room()) || String.fromCodePoint(rest.codePointAt(0) ?? 0)
      lines.push(part)
      rest = rest.slice(part.length)
    }
    line = rest
  }
  return line === "" && lines.length > 0 ? lines : [...lines, line]
}

/** Under a heading: two columns in. */
export const indent = (text: string, columns: number): string[] =>
  wrap(text, columns - 2).map((line) => `  ${line}`)

/** Items side by side, two spaces apart, on as few lines as fit; an item longer than a line is broken. */
export function flow(items: readonly string[], columns: number, gap = "  "): string[] {
  const lines: string[] = []
  for (const item of items) {
    const last = lines.at(-1)
    if (last !== undefined && width(last) + width(gap) + width(item) <= columns)
      lines[lines.length - 1] = last + gap + item
    else if (width(item) <= columns) lines.push(item)
    else lines.push(...wrap(item, columns))
  }
  return lines
}
