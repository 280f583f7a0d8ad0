/** An input → another one, much like it. */
import type { Random } from "./random.ts"

export interface Mutations {
  random: Random
  maxBytes: number
  words: readonly Uint8Array[]
  /** Another input, to take parts of. */
  other(): Uint8Array
}

type Mutation = (bytes: Uint8Array, from: Mutations) => Uint8Array

/** One to about eight changes, few more often than many. */
export function mutate(bytes: Uint8Array, from: Mutations): Uint8Array {
  let changed = bytes
  const rounds = 1 + Math.min(from.random.below(8), from.random.below(8))
  for (let round = 0; round < rounds; round++)
    changed = (from.random.pick(mutations) ?? flipBit)(changed, from).subarray(0, from.maxBytes)
  return changed.slice()
}

const spliced = (bytes: Uint8Array, at: number, remove: number, add: Uint8Array): Uint8Array => {
  const made = new Uint8Array(bytes.length - remove + add.length)
  made.set(bytes.subarray(0, at))
  made.set(add, at)
  made.set(bytes.subarray(at + remove), at + add.length)
  return made
}

const changedAt = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
  const made = bytes.slice()
  if (at < made.length) made[at] = value
  return made
}

/** A stretch: short ones more often. */
function stretch(bytes: Uint8Array, { random }: Mutations): [at: number, length: number] {
  const at = random.below(bytes.length)
  const most = bytes.length - at
  return [at, Math.min(most, 1 + random.below(random.below(2) ? most : Math.min(most, 8)))]
}

const flipBit: Mutation = (bytes, { random }) => {
  const at = random.below(bytes.length)
  return changedAt(bytes, at, (bytes[at] ?? 0) ^ (1 << random.below(8)))
}

const anyByte: Mutation = (bytes, { random }) =>
  changedAt(bytes, random.below(bytes.length), random.below(256))

const nudge: Mutation = (bytes, { random }) => {
  const at = random.below(bytes.length)
  return changedAt(bytes, at, (bytes[at] ?? 0) + random.below(33) - 16)
}

const insertBytes: Mutation = (bytes, { random }) => {
  const length = 1 + random.below(random.below(4) ? 4 : 64)
  const value = random.below(256)
  const add = Uint8Array.from({ length }, random.below(2) ? () => random.below(256) : () => value)
  return spliced(bytes, random.below(bytes.length + 1), 0, add)
}

const erase: Mutation = (bytes, from) => {
  if (bytes.length < 2) return bytes
  const [at, length] = stretch(bytes, from)
  return spliced(bytes, at, length, new Uint8Array())
}

const repeat: Mutation = (bytes, from) => {
  if (bytes.length === 0) return bytes
  const [at, length] = stretch(bytes, from)
  const part = bytes.subarray(at, at + length)
  const times = from.random.below(8) ? 1 : 1 + from.random.below(200)
  const most = Math.max(1, Math.floor((from.maxBytes - bytes.length) / Math.max(1, length)))
  const add = new Uint8Array(length * Math.min(times, most))
  for (let start = 0; start < add.length; start += length) add.set(part, start)
  return spliced(bytes, at, 0, add)
}

const move: Mutation = (bytes, from) => {
  const [at, length] = stretch(bytes, from)
  const part = bytes.slice(at, at + length)
  const without = spliced(bytes, at, length, new Uint8Array())
  return spliced(without, from.random.below(without.length + 1), 0, part)
}

const useWord: Mutation = (bytes, { random, words }) => {
  const word = random.pick(words)
  if (!word) return anyByte(bytes, { random, words, maxBytes: 0, other: () => bytes })
  const at = random.below(bytes.length + 1)
  return spliced(bytes, at, random.below(2) ? 0 : Math.min(word.length, bytes.length - at), word)
}

const crossOver: Mutation = (bytes, from) => {
  const other = from.other()
  if (other.length === 0) return bytes
  const [at, length] = stretch(other, from)
  const part = other.subarray(at, at + length)
  const to = from.random.below(bytes.length + 1)
  return spliced(bytes, to, from.random.below(2) ? 0 : Math.min(length, bytes.length - to), part)
}

const numbers = [0, 1, 2, 16, 63, 64, 100, 127, 128, 255, 256, 1_000, 4_096, 16_384, 32_767, 65_535, 65_536]
const largeNumbers = [0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 2 ** 53 - 1, 2 ** 53, 1e15, 1e21]

/** A number of the input's own length, or one that such programs stumble over. */
const telling = ({ random }: Mutations, bytes: Uint8Array): number =>
  random.below(4) === 0 ? bytes.length - random.below(8) : (random.pick([...numbers, ...largeNumbers]) ?? 0)

const binaryNumber: Mutation = (bytes, from) => {
  const width = from.random.pick([1, 2, 4, 8]) ?? 4
  if (bytes.length < width) return bytes
  const made = Buffer.from(bytes)
  const at = from.random.below(bytes.length - width + 1)
  const value = BigInt(Math.max(0, Math.trunc(telling(from, bytes)))) & 0xffff_ffff_ffff_ffffn
  const whole = Buffer.alloc(8)
  whole.writeBigUInt64BE(value)
  const part = whole.subarray(8 - width)
  made.set(from.random.below(4) ? part : part.toReversed(), at)
  return new Uint8Array(made)
}

const digitsAt = (bytes: Uint8Array, start: number): [at: number, end: number] | null => {
  const isDigit = (at: number) => (bytes[at] ?? 0) >= 0x30 && (bytes[at] ?? 0) <= 0x39
  let at = start
  while (at < bytes.length && !isDigit(at)) at++
  if (at === bytes.length) return null
  let end = at
  while (end < bytes.length && isDigit(end)) end++
  return [at, end]
}

const decimalNumber: Mutation = (bytes, from) => {
  const found = digitsAt(bytes, from.random.below(bytes.length))
  if (!found) return bytes
  const old = Number(Buffer.from(bytes.subarray(...found)).toString("latin1"))
  const isNear = Number.isFinite(old) && from.random.below(2) === 0
  const value = isNear ? old + from.random.below(9) - 4 : telling(from, bytes)
  return spliced(bytes, found[0], found[1] - found[0], Buffer.from(BigInt(Math.trunc(value)).toString()))
}

/** `<length>:<bytes>`, longer or shorter by a few, and the length with it: else nothing bencoded would ever be read any more. */
const resizeString: Mutation = (bytes, from) => {
  const found = digitsAt(bytes, from.random.below(bytes.length))
  if (!found || bytes[found[1]] !== 0x3a) return bytes
  const length = Number(Buffer.from(bytes.subarray(...found)).toString("latin1"))
  const start = found[1] + 1
  if (start + length > bytes.length) return bytes
  const word = from.random.below(3) === 0 ? from.random.pick(from.words) : undefined
  const content = word ?? insertBytes(bytes.subarray(start, start + length), from)
  const kept = from.random.below(3) === 0 ? content.subarray(0, from.random.below(content.length)) : content
  const head = Buffer.from(`${kept.length}:`)
  return spliced(bytes, found[0], start + length - found[0], Buffer.concat([head, kept]))
}

const cut: Mutation = (bytes, { random }) => bytes.subarray(0, random.below(bytes.length + 1))

const mutations: readonly Mutation[] = [
  flipBit,
  anyByte,
  nudge,
  insertBytes,
  erase,
  repeat,
  move,
  useWord,
  useWord,
  crossOver,
  crossOver,
  binaryNumber,
  decimalNumber,
  resizeString,
  cut,
]
