/** Talking to a client's own interface: HTTP to a port inside its namespace, or any stream socket. */
import http from "node:http"
import net from "node:net"
import { fileURLToPath } from "node:url"
import { join } from "node:path"
import type { Host, Lab } from "./netns.ts"

const relay = fileURLToPath(new URL("relay.ts", import.meta.url))
const replyMs = 10_000

export interface Reply {
  status: number
  headers: http.IncomingHttpHeaders
  body: Buffer
}

export interface Request {
  path: string
  method?: "GET" | "POST"
  headers?: Record<string, string>
  body?: string | Buffer
}

export type Api = (request: Request) => Promise<Reply>

/** Unix socket paths may have 107 bytes at most; the lab's directory is short. */
export function openApi(lab: Lab, host: Host, port: number, address = "127.0.0.1"): Api {
  const socketPath = join(host.directory, `api-${port}`)
  lab.start(host, process.execPath, [relay, socketPath, address, String(port)])
  return ({ path, method = "GET", headers = {}, body }) =>
    new Promise((resolve, reject) => {
      const request = http.request(
        { socketPath, path, method, headers: { host: `127.0.0.1:${port}`, ...headers }, agent: false },
        (response) => {
          const chunks: Buffer[] = []
          response.on("data", (chunk: Buffer) => chunks.push(chunk))
          response.on("error", reject)
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks),
            }),
          )
        },
      )
      request.setTimeout(replyMs, () => request.destroy(new Error(`${path}: no reply`)))
      request.on("error", reject)
      request.end(body)
    })
}

export async function json<T>(reply: Promise<Reply>): Promise<T> {
  const { status, body } = await reply
  if (status !== 200) throw new Error(`status ${status}: ${body.toString().slice(0, 200)}`)
  return JSON.parse(body.toString()) as T
}

/** Sends the message, if any, and reads to the end. */
export function exchange(socketPath: string, message: Buffer | string, timeoutMs = replyMs): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = net.connect(socketPath, () => {
      if (message.length > 0) socket.write(message)
    })
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`${socketPath}: no reply`)))
    socket.on("data", (chunk) => chunks.push(chunk))
    socket.on("error", reject)
    socket.on("end", () => resolve(Buffer.concat(chunks)))
  })
}
