/**
 * BEP 3 bencoding, checked without building anything: bounded, iterative, one pass.
 * i<digits>e · <length>:<bytes> · l<values>e · d(<key string><value>)*e
 */
import { limits } from "../limits.ts"

export type BencodeFaultReason =
  | "empty"
  | "bad-byte"
  | "truncated"
  | "too-deep"
  | "too-many"
  | "bad-integer"
  | "bad-length"
  | "trailing"

export interface BencodeFault {
  reason: BencodeFaultReason
  /** Of the byte that can't be; the number of bytes when they end too early. */
  offset: number
}

/** What BEP 3 forbids and yet can be read only one way; the first of each kind. */
export type Irregularity = "leading-zero" | "unsorted-keys" | "duplicate-key" | "prototype-key"

export interface ScanOptions {
  start?: number
  maxDepth?: number
  maxValues?: number
}

export interface Scan {
  fault: BencodeFault | null
  /** One past the last byte of the value. */
  end: number
  irregularities: Map<Irregularity, number>
}

const byteOf = (character: string): number => character.charCodeAt(0)
const integerStart = byteOf("i")
const listStart = byteOf("l")
const dictionaryStart = byteOf("d")
const end = byteOf("e")
const colon = byteOf(":")
const minus = byteOf("-")
const zero = byteOf("0")
const nine = byteOf("9")
const prototypeKey = Uint8Array.from("__proto__", byteOf)

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= zero && byte <= nine

/** Longer strings can't exist here: a bigger length is nonsense, not a truncated file. */
const maxStringBytes = 0x7fff_ffff

const inList = 0
const awaitsKey = 1
const awaitsValue = 2

/** Checks the one value at `start`; whatever follows it is the caller's business. */
export function scan(bytes: Uint8Array, options: ScanOptions = {}): Scan {
  const { start = 0, maxDepth = limits.bencode.maxDepth, maxValues = limits.bencode.maxValues } = options
  const irregularities = new Map<Irregularity, number>()
  const note = (kind: Irregularity, offset: number) => {
    if (!irregularities.has(kind)) irregularities.set(kind, offset)
  }
  const stop = (reason: BencodeFaultReason, offset: number): Scan => ({
    fault: { reason, offset },
    end: offset,
    irregularities,
  })
  if (start >= bytes.length) return stop(bytes.length === 0 ? "empty" : "truncated", bytes.length)

  const states = new Uint8Array(maxDepth + 1)
  const keyStarts = new Int32Array(maxDepth + 1)
  const keyEnds = new Int32Array(maxDepth + 1)
  let depth = 0
  let values = 0
  let at = start

  for (;;) {
    const byte = bytes[at]
    const state = states[depth]
    if (byte === undefined) return stop("truncated", bytes.length)
    if (byte === end && depth > 0 && state !== awaitsValue) {
      depth--
      at++
    } else if (isDigit(byte)) {
      const body = stringBody(bytes, at)
      if (typeof body !== "number") return { fault: body, end: body.offset, irregularities }
      if (byte === zero && bytes[at + 1] !== colon) note("leading-zero", at)
      const next = body + lengthAt(bytes, at)
      if (++values > maxValues) return stop("too-many", at)
      if (state === awaitsKey) {
        const before = keyStarts[depth] ?? 0
        const beforeEnd = keyEnds[depth] ?? -1
        const order = beforeEnd < 0 ? 1 : compare(bytes, body, next, before, beforeEnd)
        if (order === 0) note("duplicate-key", at)
        if (order < 0) note("unsorted-keys", at)
        if (next - body === 9 && compare(bytes, body, next, 0, 9, prototypeKey) === 0)
          note("prototype-key", at)
        keyStarts[depth] = body
        keyEnds[depth] = next
        states[depth] = awaitsValue
        at = next
        continue
      }
      at = next
    } else if (state === awaitsKey) {
      return stop("bad-byte", at)
    } else if (byte === integerStart) {
      const next = integerEnd(bytes, at)
      if (typeof next !== "number") return { fault: next, end: next.offset, irregularities }
      const first = bytes[at + 1] === minus ? at + 2 : at + 1
      if (bytes[first] === zero && (next - first > 2 || first === at + 2)) note("leading-zero", at)
      if (++values > maxValues) return stop("too-many", at)
      at = next
    } else if (byte === listStart || byte === dictionaryStart) {
      if (depth === maxDepth) return stop("too-deep", at)
      if (++values > maxValues) return stop("too-many", at)
      depth++
      states[depth] = byte === listStart ? inList : awaitsKey
      keyEnds[depth] = -1
      at++
      continue
    } else {
      return stop("bad-byte", at)
    }
    // A value has just ended.
    if (depth === 0) return { fault: null, end: at, irregularities }
    if (states[depth] === awaitsValue) states[depth] = awaitsKey
  }
}

/** Offset of the first byte after `<length>:`, with all of the string inside `bytes`. */
function stringBody(bytes: Uint8Array, start: number): number | BencodeFault {
  let at = start
  let length = 0
  while (isDigit(bytes[at])) {
    length = length * 10 + ((bytes[at] ?? zero) - zero)
    if (length > maxStringBytes) return { reason: "bad-length", offset: start }
    at++
  }
  if (at === bytes.length) return { reason: "truncated", offset: bytes.length }
  if (bytes[at] !== colon) return { reason: "bad-byte", offset: at }
  if (at + 1 + length > bytes.length) return { reason: "truncated", offset: bytes.length }
  return at + 1
}

/** The length that begins at `start`, already known to be well-formed. */
export function lengthAt(bytes: Uint8Array, start: number): number {
  let length = 0
  for (let at = start; bytes[at] !== colon; at++) length = length * 10 + ((bytes[at] ?? zero) - zero)
  return length
}

/** One past the value at `start`, in bytes that `scan` found well-formed; at most their end, whatever they are. */
export function endOfValue(bytes: Uint8Array, start: number): number {
  let depth = 0
  let at = start
  do {
    const byte = bytes[at]
    if (byte === integerStart) while (at < bytes.length && bytes[at] !== end) at++
    else if (byte === listStart || byte === dictionaryStart) depth++
    else if (byte === end) depth--
    else {
      let length = 0
      for (; at < bytes.length && bytes[at] !== colon; at++)
        length = length * 10 + ((bytes[at] ?? zero) - zero)
      at += length
    }
    at++
  } while (depth > 0 && at < bytes.length)
  return Math.min(at, bytes.length)
}

function integerEnd(bytes: Uint8Array, start: number): number | BencodeFault {
  let at = start + 1
  if (bytes[at] === minus) at++
  const firstDigit = at
  while (bytes[at] === zero) at++
  const significant = at
  while (isDigit(bytes[at])) {
    if (at - significant === limits.bencode.maxIntegerDigits) return { reason: "bad-integer", offset: start }
    at++
  }
  if (at === bytes.length) return { reason: "truncated", offset: bytes.length }
  if (bytes[at] !== end || at === firstDigit) return { reason: "bad-integer", offset: at }
  return at + 1
}

/** Byte order of bytes[a, aEnd) against other[b, bEnd). */
function compare(bytes: Uint8Array, a: number, aEnd: number, b: number, bEnd: number, other = bytes): number {
  const shared = Math.min(aEnd - a, bEnd - b)
  for (let i = 0; i < shared; i++) {
    const difference = (bytes[a + i] ?? 0) - (other[b + i] ?? 0)
    if (difference !== 0) return difference
  }
  return aEnd - a - (bEnd - b)
}
