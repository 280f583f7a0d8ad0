/** RC4, as MSE uses it: the first 1024 bytes of the key stream are thrown away. */
import { endianness } from "node:os"

/** Encrypts and decrypts alike, in place; one after another, the calls are one stream. */
export type Rc4 = (bytes: Uint8Array) => void

const dropBytes = 1024
/** Behind the permutation stand RC4's two indices. */
const [i, j] = [256, 257]
const hasWords = endianness() === "LE"

export function createRc4(key: Uint8Array): Rc4 {
  const state = permutationOf(key)
  const rc4: Rc4 = (bytes) => {
    const { buffer, byteOffset, length } = bytes
    const head = Math.min(-byteOffset & 3, length)
    const words = hasWords ? (length - head) >> 2 : 0
    xorBytes(state, bytes, 0, head)
    if (words > 0) xorWords(state, new Int32Array(buffer, byteOffset + head, words))
    xorBytes(state, bytes, head + 4 * words, length)
  }
  rc4(new Uint8Array(dropBytes))
  return rc4
}

/** 32-bit numbers, although each holds a byte: a third faster than bytes. */
function permutationOf(key: Uint8Array): Int32Array {
  const state = new Int32Array(258)
  for (let at = 0; at < 256; at++) state[at] = at
  for (let at = 0, other = 0; at < 256; at++) {
    const value = state[at]!
    other = (other + value + key[at % key.length]!) & 255
    state[at] = state[other]!
    state[other] = value
  }
  return state
}

function xorBytes(state: Int32Array, bytes: Uint8Array, from: number, to: number): void {
  let [x, y] = [state[i]!, state[j]!]
  for (let at = from; at < to; at++) {
    x = (x + 1) & 255
    const a = state[x]!
    y = (y + a) & 255
    const b = state[y]!
    state[x] = b
    state[y] = a
    bytes[at]! ^= state[(a + b) & 255]!
  }
  state[i] = x
  state[j] = y
}

/** Four bytes of key stream at once, which nearly doubles the rate: the same step four times over, the lowest byte first. */
function xorWords(state: Int32Array, words: Int32Array): void {
  let [x, y] = [state[i]!, state[j]!]
  let a = 0
  let b = 0
  for (let at = 0; at < words.length; at++) {
    x = (x + 1) & 255
    a = state[x]!
    y = (y + a) & 255
    b = state[y]!
    state[x] = b
    state[y] = a
    let stream = state[(a + b) & 255]!
    x = (x + 1) & 255
    a = state[x]!
    y = (y + a) & 255
    b = state[y]!
    state[x] = b
    state[y] = a
    stream |= state[(a + b) & 255]! << 8
    x = (x + 1) & 255
    a = state[x]!
    y = (y + a) & 255
    b = state[y]!
    state[x] = b
    state[y] = a
    stream |= state[(a + b) & 255]! << 16
    x = (x + 1) & 255
    a = state[x]!
    y = (y + a) & 255
    b = state[y]!
    state[x] = b
    state[y] = a
    stream |= state[(a + b) & 255]! << 24
    words[at]! ^= stream
  }
  state[i] = x
  state[j] = y
}
