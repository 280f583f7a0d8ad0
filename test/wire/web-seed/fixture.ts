/** A small torrent of several files, a server of ours that holds them, and a web seed session that asks it. */
import { createCipheriv, createHash } from "node:crypto"
import net from "node:net"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { onTestFinished } from "vitest"
import type { Torrent } from "../../../src/evidence.ts"
import { realNetwork } from "../../../src/network.ts"
import { createWebSeed, type WebSeedContext } from "../../../src/wire/web-seed.ts"
import { place } from "../../../src/torrent/info-files.ts"
import { hostileHttp, type Handler } from "../../discovery/hostile-http.ts"

export const pieceBytes = 32_768
/** The same for the same path: an AES key stream. */
export function bytesOf(path: string, length: number): Buffer {
  const key = createHash("sha256").update(path).digest().subarray(0, 16)
  return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(length))
}

const entries = [
  { path: "a b/ü#1.bin", sizeBytes: 70_000, pad: false },
  { path: ".pad/28304", sizeBytes: 28_304, pad: true },
  { path: "empty", sizeBytes: 0, pad: false },
  { path: "small.txt", sizeBytes: 1_000, pad: false },
  { path: "last.bin", sizeBytes: 60_000, pad: false },
]

/** As a server has them: by the path in the torrent; no padding. */
export const files = new Map(
  entries.filter(({ pad }) => !pad).map(({ path, sizeBytes }) => [path, bytesOf(path, sizeBytes)]),
)
const data = Buffer.concat(
  entries.map(({ path, sizeBytes, pad }) =>
    pad ? Buffer.alloc(sizeBytes) : (files.get(path) ?? Buffer.alloc(0)),
  ),
)
const pieceCount = Math.ceil(data.length / pieceBytes)
export const pieceOf = (piece: number): Buffer => data.subarray(piece * pieceBytes, (piece + 1) * pieceBytes)

export const torrent: Torrent = {
  name: "the folder",
  infoHashV1: "0123456789abcdef0123456789abcdef01234567",
  infoHashV2: null,
  private: false,
  sizeBytes: data.length,
  pieceBytes,
  pieceCount,
  files: place(entries, pieceBytes),
}
export const hashes = {
  v1: Buffer.concat(
    Array.from({ length: pieceCount }, (_, piece) => createHash("sha1").update(pieceOf(piece)).digest()),
  ),
  v2: null,
}

export const never = new AbortController().signal

export const brisk = {
  answerMs: 1_000,
  graceMs: 300,
  leastBytesPerSecond: 2_048,
  maxHeaderBytes: 16_384,
  maxRedirects: 5,
}

export function sessionAt(url: string, overrides: Partial<WebSeedContext> = {}) {
  const dropped = { count: 0 }
  const session = createWebSeed({
    url,
    bep: 19,
    torrent,
    hashes,
    infoHash: Buffer.from(torrent.infoHashV1 ?? "", "hex"),
    rules: { allowLocal: true, allowLoopback: true, refusePublic: true },
    families: ["ipv4", "ipv6"],
    userAgent: "torrent-audit/test",
    network: realNetwork(),
    lane: { reserve: () => 0 },
    timing: brisk,
    maxRequests: 50,
    startedMs: performance.now(),
    onDropped: () => void dropped.count++,
    ...overrides,
  })
  return { ...session, session, dropped }
}

export async function serving(handler: Handler, host?: string) {
  const server = await hostileHttp(handler, host)
  onTestFinished(() => server.close())
  return server
}

/** As a web server answers `Range`, of the torrent's own files below /pub/<name>/. */
export const honest: Handler = (request, response, path) => {
  const wanted = decodeURIComponent(path).replace(`/pub/${torrent.name}/`, "")
  const body = files.get(wanted)
  if (!body) {
    response.writeHead(404).end("no")
    return
  }
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "")
  if (!range) {
    response.writeHead(200, { "content-length": body.length }).end(body)
    return
  }
  const [first, last] = [Number(range[1]), Math.min(Number(range[2]), body.length - 1)]
  response.writeHead(206, {
    "content-range": `bytes ${first}-${last}/${body.length}`,
    "content-length": last - first + 1,
    server: "one of ours",
    etag: '"abc"',
    "last-modified": "Sat, 14 Mar 2026 09:15:00 GMT",
  })
  response.end(body.subarray(first, last + 1))
}

/** Says just these bytes to whoever asks, and then whatever `then` does. */
export async function saying(head: string, then: (socket: net.Socket) => void = () => {}): Promise<string> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
    socket.once("data", () => {
      socket.write(head.replaceAll("\n", "\r\n"))
      then(socket)
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/pub/`
}
