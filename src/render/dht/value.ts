/** A BEP 44 value on a screen: as text where it is text, else as hex digits; nothing in it reaches the terminal unescaped. */
import type { DhtItem } from "../../evidence/dht-command.ts"
import type { Page } from "../page.ts"
import { wrap } from "../text.ts"
import { plural } from "../units.ts"

/** A thousand bytes of hex digits fit. */
const mostLines = 40

function textOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
    // Other controls: data that happens to be UTF-8.
    return /\p{Cc}/u.test(text.replaceAll(/[\t\r\n]/g, "")) ? null : text
  } catch {
    return null
  }
}

export function valueLines(item: DhtItem, page: Page): string[] {
  const content = Buffer.from(item.content ?? item.value, "base64")
  const text = textOf(content)
  const what = item.kind === "string" ? (text === null ? "binary" : "text") : `bencoded ${item.kind}`
  const lines =
    text === null
      ? wrap(content.toString("hex").replaceAll(/(.{8})(?=.)/g, "$1 "), page.columns - 4)
      : text
          .replace(/\r?\n$/, "")
          .split(/\r?\n/)
          .flatMap((line) => wrap(page.text(line.replaceAll("\t", "    ")), page.columns - 4))
  const shown = page.verbose ? lines : lines.slice(0, mostLines)
  const more = lines.length - shown.length
  return [
    `${page.paint.bold("VALUE")}  ${plural(content.length, "byte")}, ${what}`,
    ...shown.map((line) => `  ${page.paint.dim("|")} ${line}`.trimEnd()),
    ...(more > 0 ? [`  ${page.symbols.ellipsis} ${plural(more, "more line")}; -v shows them`] : []),
  ]
}
