/** Names in torrents are UTF-8, or what the machine that made the torrent used (`encoding`). */

export interface DecodedText {
  text: string
  /** False: some bytes mean nothing in any encoding that the torrent names, and became U+FFFD. */
  clean: boolean
}

export function decodeText(bytes: Uint8Array, encoding: string | null = null): DecodedText {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8")
  if (!text.includes("\uFFFD")) return { text, clean: true }
  const strict = decodeAs("utf-8", bytes) ?? (encoding === null ? null : decodeAs(encoding, bytes))
  return strict === null ? { text, clean: false } : { text: strict, clean: true }
}

function decodeAs(encoding: string, bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null // an unknown encoding, or not written in it
  }
}
