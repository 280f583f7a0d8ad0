/**
 * BEP 3 bencoding, guarded. Encoding is the package's. Decoding is our own, because the package's loses what an info hash
 * and a hostile sender need kept: keys that aren't UTF-8, `__proto__`, the end of a truncated string.
 */
import bencode from "bencode"
import { lengthAt, scan, type BencodeFault, type Irregularity, type ScanOptions } from "./bencode-scan.ts"

export type { BencodeFault, BencodeFaultReason, Irregularity } from "./bencode-scan.ts"

/** Keys are bytes as Latin-1 characters. Of duplicate keys the first counts. Integers beyond 2⁵³ are rounded. */
export type BencodeDictionary = Map<string, BencodeValue>
export type BencodeValue = number | Uint8Array | BencodeValue[] | BencodeDictionary

const dictionaryStart = 0x64
const endOfType = 0x65
const colon = 0x3a

export interface DecodeOptions extends Omit<ScanOptions, "start"> {
  allowTrailing?: boolean
}

export type Decoded =
  | { ok: true; value: BencodeValue; end: number; irregularities: Map<Irregularity, number> }
  | { ok: false; fault: BencodeFault }

export function decode(bytes: Uint8Array, options: DecodeOptions = {}): Decoded {
  const { fault, end, irregularities } = scan(bytes, options)
  if (fault) return { ok: false, fault }
  if (end < bytes.length && !options.allowTrailing)
    return { ok: false, fault: { reason: "trailing", offset: end } }
  const builder: Builder = {
    bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
    at: 0,
    onDuplicate: (offset) => {
      if (!irregularities.has("duplicate-key")) irregularities.set("duplicate-key", offset)
    },
  }
  return { ok: true, value: build(builder), end, irregularities }
}

interface Builder {
  bytes: Buffer
  at: number
  onDuplicate(offset: number): void
}

/** Recursive, as `scan` has bounded the depth. Strings are views of the input, not copies. */
function build(from: Builder): BencodeValue {
  switch (String.fromCharCode(from.bytes[from.at] ?? 0)) {
    case "i": {
      const end = from.bytes.indexOf(endOfType, from.at)
      const value = Number(from.bytes.toString("latin1", from.at + 1, end)) || 0 // never −0
      from.at = end + 1
      return value
    }
    case "l": {
      const list: BencodeValue[] = []
      from.at++
      while (!ended(from)) list.push(build(from))
      return list
    }
    case "d": {
      const dictionary: BencodeDictionary = new Map()
      from.at++
      while (!ended(from)) {
        const offset = from.at
        const [start, end] = takeString(from)
        const key = from.bytes.toString("latin1", start, end)
        const value = build(from)
        if (dictionary.has(key)) from.onDuplicate(offset)
        else dictionary.set(key, value)
      }
      return dictionary
    }
    default: {
      const [start, end] = takeString(from)
      return new Uint8Array(from.bytes.buffer, from.bytes.byteOffset + start, end - start)
    }
  }
}

function ended(from: Builder): boolean {
  const done = from.bytes[from.at] === endOfType
  if (done) from.at++
  return done
}

function takeString(from: Builder): [start: number, end: number] {
  const start = from.bytes.indexOf(colon, from.at) + 1
  const end = start + lengthAt(from.bytes, from.at)
  from.at = end
  return [start, end]
}

/**
 * Where the value of a top-level dictionary key stands, exactly as received; of duplicate keys the first.
 * `bytes` have been decoded before, so nothing but their own size bounds the work.
 */
export function spanOf(bytes: Uint8Array, key: string): { start: number; end: number } | null {
  if (bytes[0] !== dictionaryStart) return null
  const wanted = Buffer.from(key, "latin1")
  for (let at = 1; at < bytes.length && bytes[at] !== endOfType;) {
    const name = scan(bytes, { start: at })
    const value = scan(bytes, { start: name.end, maxValues: Infinity })
    if (name.fault ?? value.fault) return null
    if (wanted.equals(bytes.subarray(name.end - lengthAt(bytes, at), name.end)))
      return { start: name.end, end: value.end }
    at = value.end
  }
  return null
}

/** Strings and the keys of plain objects are written as UTF-8. */
export type Encodable =
  | number
  | string
  | Uint8Array
  | readonly Encodable[]
  | ReadonlyMap<string, Encodable>
  | { readonly [key: string]: Encodable }

export const encode = (value: Encodable): Uint8Array => bencode.encode(packed(value))

function packed(value: Encodable): unknown {
  if (typeof value === "string" || value instanceof Uint8Array) return value
  if (typeof value === "number") {
    // The package would write something else, and a warning to stderr.
    if (!Number.isInteger(value)) throw new TypeError(`bencode has no ${value}`)
    return value
  }
  if (Array.isArray(value)) return value.map(packed)
  if (value instanceof Map)
    return new Map(Array.from(value, ([key, item]) => [packedKey(key), packed(item)] as const))
  return new Map(
    Object.entries(value).map(([key, item]) => [
      packedKey(Buffer.from(key).toString("latin1")),
      packed(item),
    ]),
  )
}

/** The package writes a string key as UTF-8 and sorts keys by their `toString`: a binary key keeps its bytes and its place. */
const packedKey = (key: string): unknown =>
  /^[\0-\x7f]*$/.test(key) ? key : Object.assign(Buffer.from(key, "latin1"), { toString: () => key })

const libraryDecode = bencode.decode

/**
 * The libraries decode by themselves what strangers send. Through the export that they share, what would exhaust memory
 * (`l-3:`), never return (`d-3:`) or set an object's prototype becomes an Error, which they all catch. Idempotent.
 */
export function guardLibraries(): void {
  bencode.decode = guardedDecode
}

function guardedDecode(data: unknown, start?: unknown, end?: unknown, encoding?: unknown): unknown {
  if (data === null || data === undefined || data === "") return null
  if (!ArrayBuffer.isView(data) && typeof data !== "string") throw new Error("bencode: not bytes")
  const all = typeof data === "string" ? Buffer.from(data) : viewOf(data)
  if (all.length === 0) return null
  const bytes = all.subarray(
    typeof start === "number" ? start : 0,
    typeof end === "number" ? end : all.length,
  )
  const { fault, irregularities } = scan(bytes)
  if (fault) throw new Error(`bencode: ${fault.reason} at offset ${fault.offset}`)
  if (irregularities.has("prototype-key")) throw new Error("bencode: a key named __proto__")
  return libraryDecode(data, start, end, encoding)
}

const viewOf = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
