/**
 * BEP 14 (local service discovery): an announce is one datagram, written like an HTTP request.
 *
 *   BT-SEARCH * HTTP/1.1⏎ Host: <group>⏎ Port: <ours>⏎ Infohash: <40 hex digits>⏎ [Infohash: …⏎] cookie: <opaque>⏎ ⏎ ⏎
 */
import { limits } from "../../limits.ts"

export interface LsdAnnounce {
  /** Where its sender listens for peers. */
  port: number
  /** 40 lowercase hex digits each, distinct. */
  infoHashes: readonly string[]
  /** Whatever lets its sender know its own. */
  cookie: string | null
}

const requestLine = "BT-SEARCH * HTTP/1.1"

export const encodeAnnounce = (group: string, { port, infoHashes, cookie }: LsdAnnounce): Uint8Array =>
  Buffer.from(
    [
      requestLine,
      `Host: ${group}`,
      `Port: ${port}`,
      ...infoHashes.map((infoHash) => `Infohash: ${infoHash}`),
      ...(cookie === null ? [] : [`cookie: ${cookie}`]),
      "",
      "",
      "",
    ].join("\r\n"),
    "latin1",
  )

/** Null for what is no announce. Header names in any case, unknown ones ignored, as in HTTP; a bare line feed ends a line too. */
export function decodeAnnounce(data: Uint8Array): LsdAnnounce | null {
  if (data.length > limits.lsd.maxDatagramBytes) return null
  const lines = Buffer.from(data).toString("latin1").split(/\r?\n/)
  if (!/^BT-SEARCH \* HTTP\/1\.\d$/i.test(lines[0] ?? "")) return null
  const ports: string[] = []
  const infoHashes = new Set<string>()
  let cookie: string | null = null
  for (const line of lines.slice(1, 1 + limits.lsd.maxHeaders)) {
    const colon = line.indexOf(":")
    // The headers end with an empty line; what has no colon is none.
    if (line === "") break
    if (colon < 1) continue
    const value = line.slice(colon + 1).trim()
    switch (line.slice(0, colon).trim().toLowerCase()) {
      case "port":
        ports.push(value)
        break
      case "infohash":
        if (/^[\da-f]{40}$/i.test(value)) infoHashes.add(value.toLowerCase())
        break
      case "cookie":
        cookie ??= value
        break
      default:
    }
  }
  const [port] = ports
  if (port === undefined || ports.some((other) => other !== port) || !/^\d{1,5}$/.test(port)) return null
  const number = Number(port)
  if (number < 1 || number > 65_535 || infoHashes.size === 0) return null
  return { port: number, infoHashes: [...infoHashes], cookie }
}
