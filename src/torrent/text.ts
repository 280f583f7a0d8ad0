/** Names in torrents are UTF-8, or what the machine that made the torrent used (`encoding`). */
import { isUtf8 } from "node:buffer"

export interface DecodedText {
  text: string
  /** False: some bytes mean nothing in any encoding that the torrent names, and became U+FFFD. */
  clean: boolean
}

export type DecodeText = (bytes: Uint8Array) => DecodedText

/** Of one torrent, which may have millions of names: nothing is thrown, and nothing made anew, for any of them. */
export function textDecoder(encoding: string | null): DecodeText {
  const other = encoding === null ? null : decoderOf(encoding)
  return (bytes) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8")
    if (isUtf8(bytes)) return { text, clean: true }
    const named = other?.decode(bytes) ?? "\uFFFD"
    return named.includes("\uFFFD") ? { text, clean: false } : { text: named, clean: true }
  }
}

function decoderOf(encoding: string): InstanceType<typeof TextDecoder> | null {
  try {
    return new TextDecoder(encoding, { ignoreBOM: true })
  } catch {
    return null
  }
}
