/** Where a text stops being JSON (RFC 8259): V8's own message names the place of some errors only. */
const space = /[ \t\r\n]*/y
const text = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-f]{4}))*"/iuy
const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?/iy

/** Line and column, both from 1, of what is not JSON; the end of the text where it is whole. */
export function jsonErrorAt(source: string): { line: number; column: number } {
  let at = 0
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    const found = pattern.exec(source)
    if (found) at += found[0].length
    return found !== null
  }
  const takes = (character: string): boolean => {
    take(space)
    if (source[at] !== character) return false
    at++
    return true
  }
  /** Items between brackets; false: `at` is where it goes wrong. */
  const items = (end: string, item: () => boolean): boolean => {
    if (takes(end)) return true
    do if (!item()) return false
    while (takes(","))
    return takes(end)
  }
  const member = (): boolean => {
    take(space)
    return take(text) && takes(":") && value()
  }
  const value = (): boolean => {
    take(space)
    if (takes("{")) return items("}", member)
    if (takes("[")) return items("]", value)
    return take(text) || take(scalar)
  }
  try {
    if (value()) take(space)
  } catch {
    // Nested too deeply to follow: there it is.
  }
  const before = source.slice(0, at).split("\n")
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 }
}
