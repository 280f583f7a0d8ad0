/** Our own pages read as strictly as they are written: whatever a stranger slips into one shows as markup that isn't ours. */
import { must } from "./claims.ts"

const tags = /<(\/?)([a-z][a-z\d-]*)((?:\s+[a-zA-Z][\w:-]*(?:="[^"<>]*")?)*)\s*(\/?)>/g
/** Whose content is no markup, and has no `<` in ours. */
const raw = /<(style|script)\b[^<>]*>([^<]*)<\/\1>/g
const active = /^(?:iframe|object|embed|form|input|base|link|img|video|audio)$/

/** Throws where a `<` or `>` begins or ends no tag, a tag is left open, or anything in it could run or load. */
export function parseHTML(page: string): void {
  const plain = page
    .replace(/^<!doctype html>/i, "")
    .replaceAll(raw, (_, name: string) => `<${name}></${name}>`)
  const open: string[] = []
  let from = 0
  for (const match of plain.matchAll(tags)) {
    const [whole, closing, name = "", attributes = "", selfClosing] = match
    text(plain.slice(from, match.index))
    from = match.index + whole.length
    must(!active.test(name), `an active element: ${whole}`)
    must(!/\son[a-z]+=|="\s*javascript:/i.test(attributes), `an active attribute: ${whole}`)
    if (closing) must(open.pop() === name, `${whole} closes another element`)
    else if (!selfClosing && !empty.has(name)) open.push(name)
  }
  text(plain.slice(from))
  must(open.length === 0, `open at the end: ${open.join(" ")}`)
}

const empty = new Set(["meta", "br", "hr", "col"])

function text(between: string): void {
  must(!/[<>]/.test(between), `markup that is none: ${between.slice(0, 80)}`)
  must(
    !/&(?!(?:amp|lt|gt|quot|nbsp|#\d+|#x[\da-f]+);)/i.test(between),
    `a bare ampersand: ${between.slice(0, 80)}`,
  )
}
