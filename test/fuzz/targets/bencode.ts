/** BEP 3: the scan, the decoder and the encoder against each other and against the package. */
import packageBencode from "bencode"
import { isDeepStrictEqual } from "node:util"
import { decode, encode, spanOf, type BencodeValue, type WantedKeys } from "../../../src/torrent/bencode.ts"
import { scan } from "../../../src/torrent/bencode-scan.ts"
import { bytesOf, must, same } from "../claims.ts"
import type { FuzzTarget } from "../target.ts"

const dictionaryBytes = 0x64
const wanted: WantedKeys = new Map([
  ["a", null],
  ["info", new Map([["name", null]])],
])

export const bencode: FuzzTarget = {
  name: "bencode",
  group: "torrent",
  run(input) {
    const { fault, end, irregularities } = scan(input)
    must(end <= input.length, "the end lies within")
    const decoded = decode(input, { allowTrailing: true })
    same(decoded.ok, fault === null, "scan and decode agree")
    if (!decoded.ok) return
    same(decoded.end, end, "one end")
    const partly = decode(input, { allowTrailing: true, wanted })
    must(partly.ok, "what is wanted changes nothing of what is accepted")
    if (decoded.value instanceof Map && partly.value instanceof Map)
      same(partly.value.get("a"), decoded.value.get("a"), "a wanted value")
    spans(input, decoded.value)
    if (irregularities.size > 0 || !isExact(decoded.value)) return
    const again = encode(decoded.value)
    same(Buffer.from(again), Buffer.from(input.subarray(0, end)), "written again")
    againstPackage(input.subarray(0, end), decoded.value)
  },
  *seeds() {
    const texts = ["i0e", "i-42e", "0:", "4:spam", "le", "de", "l4:spami7ee", "d3:cow3:moo4:spam4:eggse"]
    texts.push("d1:al1:bd1:ci1eee4:infod6:lengthi5e4:name1:xee", `${"l".repeat(99)}${"e".repeat(99)}`)
    texts.push("d9:__proto__d1:ai1eee", "d1:bi1e1:ai2ee", "d1:ai1e1:ai2ee", "i9223372036854775807e", "i007e")
    for (const text of texts) yield bytesOf(text)
  },
  dictionary: ["i-0e", "d-3:", "l-3:", "9:__proto__", "4:info", "i18446744073709551616e", "99999999999:"],
}

function spans(input: Uint8Array, value: BencodeValue): void {
  if (!(value instanceof Map) || input[0] !== dictionaryBytes) return
  for (const [key, item] of value) {
    const span = spanOf(input, key)
    must(span !== null, "each key has its place")
    const part = decode(input.subarray(span.start, span.end), { maxValues: Infinity })
    must(part.ok, "the place holds one value")
    same(part.value, item, "the value of its place")
  }
}

const isExact = (value: BencodeValue): boolean => {
  if (typeof value === "number") return Number.isSafeInteger(value)
  if (Array.isArray(value)) return value.every(isExact)
  return !(value instanceof Map) || [...value.values()].every(isExact)
}

/** Keys come as text from there: only those that are ASCII can be told. */
function againstPackage(bytes: Uint8Array, value: BencodeValue): void {
  let theirs: unknown
  try {
    theirs = packageBencode.decode(Buffer.from(bytes))
  } catch {
    return
  }
  const plain = plainly(value)
  if (plain !== unclear) must(isDeepStrictEqual(plainly(theirs), plain), "the package reads the same")
}

const unclear = Symbol("keys that the package can't tell")

function plainly(value: unknown): unknown {
  if (typeof value === "number") return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1")
  if (Array.isArray(value)) {
    const items = value.map(plainly)
    return items.includes(unclear) ? unclear : items
  }
  const entries = value instanceof Map ? [...value] : Object.entries(value ?? {})
  const told = entries.map(([key, item]) => [String(key), plainly(item)] as const)
  const isTold = told.every(([key, item]) => /^[\x20-\x7e]*$/.test(key) && item !== unclear)
  return isTold ? Object.fromEntries(told) : unclear
}
