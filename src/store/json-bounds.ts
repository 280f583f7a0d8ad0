/** JSON of a stranger's, looked over before it is parsed: two bytes of it may become a hundred in memory, and a text nest as deep as it is long. */
import { limits } from "../limits.ts"

export type JsonExcess = "too-deep" | "too-many"

const quote = 0x22
const comma = 0x2c
const backslash = 0x5c
const opening = new Set(Array.from("[{", (character) => character.charCodeAt(0)))
const closing = new Set(Array.from("]}", (character) => character.charCodeAt(0)))

/** Null: within the bounds, if it is JSON at all. */
export function jsonExcess(
  text: string,
  { maxDepth, maxValues }: { maxDepth: number; maxValues: number } = limits.snapshot,
): JsonExcess | null {
  let depth = 0
  let values = 0
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === quote) at = endOfString(text, at)
    else if (character === comma) values++
    else if (opening.has(character)) {
      values++
      if (++depth > maxDepth) return "too-deep"
    } else if (closing.has(character)) depth--
    if (values > maxValues) return "too-many"
  }
  return null
}

/** Of its closing quote; of the text where there is none. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes++
    if (escapes % 2 === 0) return end
  }
  return text.length
}
