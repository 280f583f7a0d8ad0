/** What a target says must hold, and how it reads its input as choices. */
import { isDeepStrictEqual, inspect } from "node:util"
import { InputError } from "../../src/failure.ts"

export function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`broken: ${what}`)
}

export function same(one: unknown, other: unknown, what: string): void {
  if (isDeepStrictEqual(one, other)) return
  throw new Error(`broken: ${what}: ${shown(one)} and ${shown(other)}`)
}

const shown = (value: unknown): string => inspect(value, { depth: 4, breakLength: Infinity }).slice(0, 300)

/** What `read` returns; null where it refuses its input as a user's mistake, which is what it may do. */
export function orRefused<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    return refused(error)
  }
}

/** The same of a reader that waits for something. */
export async function orRefusedLater<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    return refused(error)
  }
}

function refused(error: unknown): null {
  if (!(error instanceof InputError)) throw error
  must(/^[a-z]+(-[a-z\d]+)*$/.test(error.code), `a code: ${error.code}`)
  must(error.message.length < 4_000, `a message of ${error.message.length} characters`)
  return null
}

/** U+0000–U+001F but for tab and line feed, U+007F–U+009F, and what turns the direction of text. */
// oxlint-disable-next-line no-control-regex -- looking for them
export const unsafeInTerminals = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"))
export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8")

export interface Choices {
  readonly left: number
  /** 0 to `most`, inclusive; 0 when nothing is left. */
  number(most: number): number
  take(count: number): Uint8Array
  rest(): Uint8Array
}

/** Choices come from the front, so that what follows them can be anything. */
export function choicesIn(bytes: Uint8Array): Choices {
  let at = 0
  return {
    get left() {
      return bytes.length - at
    },
    number(most) {
      let value = 0
      for (let reach = 1; reach <= most; reach *= 256) value = value * 256 + (bytes[at++] ?? 0)
      return value % (most + 1)
    },
    take(count) {
      const taken = bytes.subarray(at, at + count)
      at = Math.min(bytes.length, at + count)
      return taken
    },
    rest() {
      const rest = bytes.subarray(at)
      at = bytes.length
      return rest
    },
  }
}

/** Input as a stream might bring it: cut where its own first bytes say. */
export function pieces(choices: Choices): Uint8Array[] {
  const sizes = Array.from(choices.take(8), (byte) => 1 + byte)
  const parts: Uint8Array[] = []
  for (let turn = 0; choices.left > 0; turn++) parts.push(choices.take(sizes[turn % sizes.length] ?? 1))
  return parts
}

/** Seeds for targets that begin with `pieces`. */
export const inPieces = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(Buffer.concat([Uint8Array.of(255, 0, 7, 63, 1, 255, 16, 128), bytes]))
