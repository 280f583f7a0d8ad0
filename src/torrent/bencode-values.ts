/** Reading what a stranger encoded: the value if it is of the wanted kind, else null. */
import { BencodeItems, type BencodeDictionary, type BencodeValue } from "./bencode.ts"

type Maybe = BencodeValue | undefined | null

export const bytesOf = (value: Maybe): Uint8Array | null => (value instanceof Uint8Array ? value : null)
export const listOf = (value: Maybe): BencodeValue[] | null => (Array.isArray(value) ? value : null)
/** A list, whether it is built at once or one by one. */
export const itemsOf = (value: Maybe): BencodeItems | BencodeValue[] | null =>
  value instanceof BencodeItems ? value : listOf(value)
export const dictionaryOf = (value: Maybe): BencodeDictionary | null => (value instanceof Map ? value : null)

/** Rounded integers (beyond 2⁵³) are no integers here. */
export const integerOf = (value: Maybe): number | null =>
  typeof value === "number" && Number.isSafeInteger(value) ? value : null

/** As UTF-8, with U+FFFD for what isn't. */
export const textOf = (value: Maybe): string | null =>
  value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.length).toString("utf8")
    : null
