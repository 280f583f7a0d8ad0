/** Bencode (BEP 3) of the lab's own: the code under test is not its own judge. Trusted input only. */
type Encodable = number | string | Buffer | Encodable[] | { [key: string]: Encodable }

export function encode(value: Encodable): Buffer {
  if (typeof value === "number") return Buffer.from(`i${value}e`)
  if (typeof value === "string") return encode(Buffer.from(value))
  if (Buffer.isBuffer(value)) return Buffer.concat([Buffer.from(`${value.length}:`), value])
  if (Array.isArray(value))
    return Buffer.concat([Buffer.from("l"), ...value.map((item) => encode(item)), Buffer.from("e")])
  const keys = Object.keys(value).sort()
  const items = keys.flatMap((key) => [encode(key), encode(value[key] ?? "")])
  return Buffer.concat([Buffer.from("d"), ...items, Buffer.from("e")])
}

export type Decoded = number | Buffer | Decoded[] | Map<string, Decoded>

export function decode(bytes: Buffer): Decoded {
  let at = 0
  const until = (end: string) => {
    const stop = bytes.indexOf(end, at)
    const text = bytes.toString("latin1", at, stop)
    at = stop + 1
    return text
  }
  const next = (): Decoded => {
    const kind = String.fromCharCode(bytes[at] ?? 0)
    if (kind === "i") {
      at++
      return Number(until("e"))
    }
    if (kind === "l" || kind === "d") {
      at++
      const items: Decoded[] = []
      while (bytes[at] !== 0x65) items.push(next())
      at++
      if (kind === "l") return items
      const pairs = new Map<string, Decoded>()
      for (let index = 0; index + 1 < items.length; index += 2) {
        const key = items[index]
        if (Buffer.isBuffer(key)) pairs.set(key.toString(), items[index + 1] ?? 0)
      }
      return pairs
    }
    const length = Number(until(":"))
    at += length
    return bytes.subarray(at - length, at)
  }
  return next()
}
