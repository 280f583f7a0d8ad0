/** BEP 3 and 10 messages as bytes, for seeds. */
const pstr = Buffer.from("\x13BitTorrent protocol", "latin1")

export function greeting(
  infoHash: Uint8Array,
  has: { fast?: boolean; extensions?: boolean } = {},
): Uint8Array {
  const reserved = new Uint8Array(8)
  if (has.extensions) reserved[5] = 0x10
  if (has.fast) reserved[7] = 0x04
  return new Uint8Array(Buffer.concat([pstr, reserved, infoHash, new Uint8Array(20).fill(9)]))
}

export function frame(id: number, ...payload: number[]): Uint8Array {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(1 + payload.length)
  head[4] = id
  return new Uint8Array(Buffer.concat([head, Uint8Array.from(payload)]))
}

export const extensionHandshake = (dictionary: string): Uint8Array =>
  frame(20, 0, ...Buffer.from(dictionary, "latin1"))
