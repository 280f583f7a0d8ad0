/** A document that is whole, changed in a few places that the input chooses: what a schema lets through is reached that way. */
import type { Choices } from "./claims.ts"

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const numbers = [0, 1, -1, 2, 16, 0.5, 1_000, 65_535, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 1e15, 1e300, 1e-300]
const texts = [
  "",
  "\u001b[31mred\u001b]0;x\u0007",
  "<script>alert(1)</script>\"'&",
  "\u202egnp.exe\u2066",
  'a\nb\r\nc|d;e{f="g"}',
  "\u0085\u009b31m",
  "e\u0301\u0301\u0301\u0301\u0301",
  "👩‍👩‍👧‍👦 漢字 \ud800",
  "x".repeat(3_000),
  "2026-03-14T09:15:00.000Z",
  "9999-12-31T23:59:59.999Z",
  "1970-01-01T00:00:00.000Z",
  "192.0.2.1:6881",
  "[2001:db8::1]:6881",
  "/wAA",
  "A".repeat(40),
]

export function edited(document: unknown, choices: Choices): unknown {
  const root = structuredClone(document) as Json
  for (let edit = 0; edit < 6 && choices.left > 0; edit++) change(root, root, choices)
  return root
}

/** Walks down as the choices say and changes what it comes to. */
function change(root: Json, start: Json, choices: Choices): void {
  let at = start
  for (let depth = 0; depth < 9; depth++) {
    if (typeof at !== "object" || at === null) return
    const keys = Object.keys(at)
    const key = keys[choices.number(255) % Math.max(1, keys.length)]
    if (key === undefined) return
    const container = at as Record<string, Json>
    const child: Json = container[key] ?? null
    const isLeaf = typeof child !== "object" || child === null
    if (isLeaf || choices.number(5) === 0) return replace(root, container, key, choices)
    at = child
  }
}

function replace(root: Json, container: Record<string, Json>, key: string, choices: Choices): void {
  const old = container[key] ?? null
  switch (choices.number(7)) {
    case 0:
      container[key] = numbers[choices.number(numbers.length - 1)] ?? 0
      return
    case 1:
      container[key] = texts[choices.number(texts.length - 1)] ?? ""
      return
    case 2:
      container[key] = Buffer.from(choices.take(choices.number(40))).toString("utf8")
      return
    case 3:
      container[key] = [null, [], {}, true, false][choices.number(4)] ?? null
      return
    case 4:
      if (Array.isArray(container))
        container.push(...Array.from({ length: 1 + choices.number(20) }, () => structuredClone(old)))
      return
    case 5:
      if (Array.isArray(container)) container.splice(Number(key), 1)
      else delete container[key]
      return
    case 6:
      container[key] =
        typeof old === "number" ? old + choices.number(255) - 128 : structuredClone(somewhere(root, choices))
      return
    default:
      if (typeof old === "boolean") container[key] = !old
      else if (typeof old === "string") container[key] = old + (texts[choices.number(texts.length - 1)] ?? "")
      else container[key] = -1
  }
}

function somewhere(root: Json, choices: Choices): Json {
  let at = root
  for (let depth = choices.number(6); depth > 0; depth--) {
    if (typeof at !== "object" || at === null) return at
    const values = Object.values(at)
    at = values[choices.number(255) % Math.max(1, values.length)] ?? null
  }
  return at
}
