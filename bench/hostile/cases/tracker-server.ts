/** A TCP server on loopback whose every byte a case writes, and what floods need: as fast as the other side reads, and not a byte more in memory. */
import { createServer, type Socket } from "node:net"
import type { Stage } from "../case.ts"

export interface RawServer {
  readonly port: number
  /** Requests seen, HTTP or not: a connection that said nothing counts for none. */
  readonly requests: string[]
  /** «40 KiB taken» of what `pour` wrote on all connections; empty where it wrote nothing. */
  readonly taken: () => string
}

/** `onRequest` is called once a connection, with the head of what was asked; `onConnect` as soon as it is open. */
export async function rawServer(
  stage: Stage,
  onRequest: (line: Line, head: string) => void,
  onConnect?: (line: Line) => void,
  host = "127.0.0.1",
): Promise<RawServer> {
  const requests: string[] = []
  const sockets = new Set<Socket>()
  const lines: Line[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
    socket.on("close", () => sockets.delete(socket))
    const line = lineOn(socket)
    lines.push(line)
    let head: string | null = ""
    socket.on("data", (chunk) => {
      if (head === null) return
      head += chunk.toString("latin1")
      if (!head.includes("\r\n\r\n")) return
      requests.push(head)
      const asked = head
      head = null
      onRequest(line, asked)
    })
    onConnect?.(line)
  })
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen({ host, port: 0 }, resolve)
  })
  stage.defer(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const bound = server.address()
  return {
    port: bound !== null && typeof bound === "object" ? bound.port : 0,
    requests,
    taken() {
      const bytes = lines.reduce((sum, { poured }) => sum + poured, 0)
      return bytes > 0 ? `${Math.ceil(bytes / 1024)} KiB taken` : ""
    },
  }
}

export interface Line {
  readonly socket: Socket
  readonly poured: number
  write(bytes: string | Uint8Array): void
  /** This again and again, for as long as the other side takes it; or so often. */
  pour(bytes: string | Uint8Array, times?: number): void
  /** One after the other, that many ms apart. */
  drip(bytes: string | Uint8Array, everyMs: number): void
  end(): void
  reset(): void
}

function lineOn(socket: Socket): Line {
  let poured = 0
  const line = {
    socket,
    get poured() {
      return poured
    },
    write: (bytes: string | Uint8Array) => void socket.write(bytes),
    pour(bytes: string | Uint8Array, times = Infinity) {
      const data = Buffer.from(bytes as string)
      let left = times
      const more = () => {
        for (; left > 0 && socket.writable; left--) {
          poured += data.length
          if (!socket.write(data)) {
            left--
            socket.once("drain", more)
            return
          }
        }
      }
      more()
    },
    drip(bytes: string | Uint8Array, everyMs: number) {
      const data = Buffer.from(bytes as string)
      let at = 0
      const timer = setInterval(() => {
        if (!socket.writable) clearInterval(timer)
        else socket.write(data.subarray(at % data.length, (at++ % data.length) + 1))
      }, everyMs)
      socket.on("close", () => clearInterval(timer))
    },
    end: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
  }
  return line
}

/** A reply with its length, closed after it. */
export function answer(
  line: Line,
  body: string | Uint8Array,
  headers: readonly string[] = [],
  status = "200 OK",
): void {
  const bytes = Buffer.from(body as string, "latin1")
  line.write(headOf([`Content-Length: ${bytes.length}`, ...headers], status))
  line.write(bytes)
  line.end()
}

/** Interim answers without end. */
export const pourContinues = (line: Line): void => line.pour("HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000))

/** Headers without end after these; or so many thousand. */
export function pourHeaders(line: Line, begin: string, thousands?: number): void {
  line.write(`HTTP/1.1 ${begin}\r\n`)
  line.pour("X-More: and more\r\n".repeat(1_000), thousands)
}

/** A body of one byte a chunk, with 15 KB of extension to each (RFC 9112 §7.1.1). */
export const pourExtensions = (line: Line): void => line.pour(`1;${"e".repeat(15_000)}\r\nx\r\n`.repeat(10))

export const headOf = (headers: readonly string[], status = "200 OK"): string =>
  [`HTTP/1.1 ${status}`, "Connection: close", ...headers, "", ""].join("\r\n")
