/** A WebSocket tracker whose every byte a test writes, and that keeps what it was asked. */
import { createHash } from "node:crypto"
import { createServer, type IncomingMessage, type Server } from "node:http"
import { createServer as createSecureServer } from "node:https"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import { endWithTest } from "./tracker-server.ts"

export interface Line {
  /** One unfragmented text message. */
  say(message: unknown): void
  /** Bytes as they are. */
  write(bytes: Uint8Array): void
  readonly stream: Duplex
}

type Message = Record<string, unknown>
export type Converse = (message: Message, line: Line) => void

export interface HostileWs {
  readonly url: string
  readonly port: number
  /** Messages, in order. */
  readonly asked: Message[]
  /** Connections that are open. */
  open(): number
  readonly close: () => Promise<void>
}

export interface WsOptions {
  /** Instead of the handshake's proper answer. */
  handshake?: (request: IncomingMessage, stream: Duplex, accept: string) => void
  tls?: { key: string; cert: string }
  host?: string
}

export async function hostileWs(converse: Converse, options: WsOptions = {}): Promise<HostileWs> {
  const asked: Message[] = []
  const streams = new Set<Duplex>()
  const server: Server = options.tls ? createSecureServer(options.tls) : createServer()
  server.on("connection", (stream: Duplex) => {
    streams.add(stream)
    stream.on("error", () => {})
    // Node's HTTP server leaves its half of an upgraded connection open.
    stream.on("end", () => stream.end())
    stream.on("close", () => streams.delete(stream))
  })
  server.on("tlsClientError", () => {})
  server.on("upgrade", (request: IncomingMessage, stream: Duplex) => {
    stream.on("error", () => {})
    const accept = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64")
    if (options.handshake) options.handshake(request, stream, accept)
    else stream.write(switching(accept))
    const line: Line = {
      stream,
      write: (bytes) => void stream.write(bytes),
      say: (message) => void stream.write(frame(text, JSON.stringify(message))),
    }
    let rest: Buffer = Buffer.alloc(0)
    stream.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      for (;;) {
        const read = readFrame(rest)
        if (!read) return
        rest = read.rest
        if (read.opcode !== text) continue
        const message = JSON.parse(read.payload.toString()) as Message
        asked.push(message)
        converse(message, line)
      }
    })
  })
  const host = options.host ?? "127.0.0.1"
  await new Promise<void>((resolve) => server.listen({ host, port: 0 }, resolve))
  const { port } = server.address() as AddressInfo
  const bracketed = host.includes(":") ? `[${host}]` : host
  return endWithTest({
    url: `${options.tls ? "wss" : "ws"}://${bracketed}:${port}/`,
    port,
    asked,
    open: () => streams.size,
    close: () =>
      new Promise<void>((resolve) => {
        for (const stream of streams) stream.destroy()
        server.close(() => resolve())
      }),
  })
}

export const switching = (accept: string, more = ""): string =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`

export const text = 1
export const binary = 2
export const closing = 8
export const ping = 9

/** RFC 6455 §5.2, unmasked as servers send: fin and opcode, length, payload. `flags`: the first byte's upper half. */
export function frame(opcode: number, payload: string | Uint8Array, flags = 0x80): Buffer {
  const data = Buffer.from(payload)
  return Buffer.concat([frameHeader(opcode, data.length, flags), data])
}

export function frameHeader(opcode: number, length: number, flags = 0x80): Buffer {
  const short = length < 126 ? length : length < 65_536 ? 126 : 127
  const header = Buffer.alloc(short < 126 ? 2 : short === 126 ? 4 : 10)
  header[0] = flags | opcode
  header[1] = short
  if (short === 126) header.writeUInt16BE(length, 2)
  if (short === 127) header.writeBigUInt64BE(BigInt(length), 2)
  return header
}

/** A client's: masked. */
function readFrame(data: Buffer): { opcode: number; payload: Buffer; rest: Buffer } | null {
  if (data.length < 6) return null
  const short = (data[1] ?? 0) & 0x7f
  const at = short === 126 ? 4 : 2
  const length = short === 126 ? data.readUInt16BE(2) : short
  if (data.length < at + 4 + length) return null
  const mask = data.subarray(at, at + 4)
  const payload = Buffer.from(data.subarray(at + 4, at + 4 + length))
  for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i % 4] ?? 0)
  return { opcode: (data[0] ?? 0) & 15, payload, rest: Buffer.from(data.subarray(at + 4 + length)) }
}
