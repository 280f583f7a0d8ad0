/** An HTTP server whose every reply a test writes, and that keeps the requests. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"

export type Handler = (request: IncomingMessage, response: ServerResponse, path: string) => void

export interface HostileHttp {
  readonly port: number
  readonly url: string
  /** Request lines' URLs, in order. */
  readonly requests: string[]
  readonly close: () => Promise<void>
}

export async function hostileHttp(
  handler: Handler,
  host = "127.0.0.1",
  wantedPort = 0,
): Promise<HostileHttp> {
  const requests: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    requests.push(request.url ?? "")
    handler(request, response, (request.url ?? "").replace(/\?.*/, ""))
  })
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
    socket.on("close", () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen({ host, port: wantedPort }, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

export const query = (url: string): Map<string, string> =>
  new Map(
    (url.split("?")[1] ?? "").split("&").map((pair) => {
      const at = pair.indexOf("=")
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
