/**
 * BEP 3 bencoding, guarded. Encoding is the package's. Decoding is our own, because the package's loses what an info hash
 * and a hostile sender need kept: keys that aren't UTF-8, `__proto__`, the end of a truncated string.
 */
import bencode from "bencode"
import {
  endOfValue,
  lengthAt,
  scan,
  type BencodeFault,
  type Irregularity,
  type ScanOptions,
} from "./bencode-scan.ts"

export type { BencodeFault, BencodeFaultReason, Irregularity } from "./bencode-scan.ts"

/** Keys are bytes as Latin-1 characters. Of duplicate keys the first counts. Integers beyond 2⁵³ are rounded. */
export type BencodeDictionary = ReadonlyMap<string, BencodeValue>
export type BencodeValue = number | Uint8Array | BencodeValue[] | BencodeItems | BencodeDictionary

const dictionaryStart = 0x64
const listStart = 0x6c
const endOfType = 0x65
const colon = 0x3a

/** Keys of a dictionary, or of each dictionary of a list; null: whatever is there; of no key: a number or a string, else nothing. */
export type WantedKeys = ReadonlyMap<string, Wanted>
export type Wanted = WantedKeys | OneByOne | null

/** Of a list, what is wanted of each item: they are built only while somebody goes through them. */
export class OneByOne {
  readonly of: Wanted
  constructor(of: Wanted) {
    this.of = of
  }
}

/** A list of which one item at a time is built, each time that it is gone through. */
export class BencodeItems implements Iterable<BencodeValue> {
  readonly length: number
  readonly #bytes: Buffer
  readonly #start: number
  readonly #of: Wanted

  /** Takes the list that stands next. */
  constructor(from: Builder, of: Wanted) {
    this.#bytes = from.bytes
    this.#start = from.at
    this.#of = of
    let length = 0
    for (const _ of built(from, of)) length++
    this.length = length
  }

  [Symbol.iterator](): Iterator<BencodeValue> {
    return built({ bytes: this.#bytes, at: this.#start, onDuplicate() {} }, this.#of)
  }
}

/** Of no key: a number or a string, and of anything else nothing. */
export const oneString: WantedKeys = new Map()

function* built(from: Builder, of: Wanted): Generator<BencodeValue> {
  from.at++
  while (!ended(from)) yield build(from, of)
}

export interface DecodeOptions extends Omit<ScanOptions, "start"> {
  allowTrailing?: boolean
  /** Values of other keys are checked, and not built: they may be millions, and nobody asks for them. */
  wanted?: WantedKeys
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
  return { ok: true, value: build(builder, options.wanted ?? null), end, irregularities }
}

interface Builder {
  bytes: Buffer
  at: number
  onDuplicate(offset: number): void
}

/** One for all: made anew, five million of them would take a gigabyte. */
const emptyDictionary: BencodeDictionary = new Map()
const emptyString = new Uint8Array()

/** Recursive, as `scan` has bounded the depth. Strings are views of the input, not copies. */
function build(from: Builder, wanting: Wanted): BencodeValue {
  const each = wanting instanceof OneByOne
  if (each && from.bytes[from.at] === listStart) return new BencodeItems(from, wanting.of)
  const wanted = each ? oneString : wanting
  switch (String.fromCharCode(from.bytes[from.at] ?? 0)) {
    case "i": {
      const end = from.bytes.indexOf(endOfType, from.at)
      const value = Number(from.bytes.toString("latin1", from.at + 1, end)) || 0 // never −0
      from.at = end + 1
      return value
    }
    case "l": {
      const list: BencodeValue[] = []
      if (wanted?.size === 0) {
        from.at = endOfValue(from.bytes, from.at)
        return list
      }
      from.at++
      while (!ended(from)) list.push(build(from, wanted))
      return list
    }
    case "d": {
      from.at++
      if (ended(from)) return emptyDictionary
      const dictionary = new Map<string, BencodeValue>()
      while (!ended(from)) {
        const offset = from.at
        const [start, end] = takeString(from)
        const key = from.bytes.toString("latin1", start, end)
        const within = wanted === null ? null : wanted.get(key)
        if (within === undefined) {
          from.at = endOfValue(from.bytes, from.at)
          continue
        }
        const value = build(from, within)
        if (dictionary.has(key)) from.onDuplicate(offset)
        else dictionary.set(key, value)
      }
      return dictionary
    }
    default: {
      const [start, end] = takeString(from)
      // Where dictionaries are expected, a list of a million strings is worth no million objects.
      if (wanted !== null && wanted.size > 0) return emptyString
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
  if (bytes[0] !== dictionaryStart || scan(bytes, { maxValues: Infinity }).fault) return null
  const wanted = Buffer.from(key, "latin1")
  for (let at = 1; at < bytes.length && bytes[at] !== endOfType;) {
    const start = endOfValue(bytes, at)
    const end = endOfValue(bytes, start)
    if (wanted.equals(bytes.subarray(start - lengthAt(bytes, at), start))) return { start, end }
    at = end
  }
  return null
}

/** Strings and the keys of plain objects are written as UTF-8. */
export type Encodable =
  | number
  | string
  | Uint8Array
  | readonly Encodable[]
  | BencodeItems
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
  if (Array.isArray(value) || value instanceof BencodeItems)
    return Array.from<Encodable, unknown>(value, packed)
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
