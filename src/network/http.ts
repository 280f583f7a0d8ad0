/** One HTTP request to an address already admitted, and its reply as received, whole or piece by piece: no redirect followed, nothing decoded. */
import http from "node:http"
import https from "node:https"
import net from "node:net"
import { classify, fail, failure, succeed, type Failure, type Outcome } from "../failure.ts"
import type { HttpHead, HttpReply, Network } from "../network.ts"
import type { Binding } from "./binding.ts"
import { streamThrough } from "./tunnel.ts"
import type { Tunnel } from "./tcp.ts"

export const httpFrom =
  ({ barred, localAddress }: Binding, tunnel: Tunnel | null = null): Network["http"] =>
  async ({ url, address, headers, maxBodyBytes, maxHeaderBytes, onBody, post, signal }) => {
    const refusal = signal.aborted ? fail("aborted") : barred(address.family)
    if (refusal) return refusal
    const through = tunnel && (await streamThrough(tunnel, url, address, signal))
    if (through?.ok === false) return through
    return new Promise((resolve) => {
      const secure = url.protocol === "https:"
      const request = (secure ? https : http).request({
        host: address.host,
        port: url.port || (secure ? 443 : 80),
        path: url.pathname + url.search,
        method: post ? "POST" : "GET",
        headers: { host: url.host, ...headers },
        maxHeaderSize: maxHeaderBytes,
        ...(through ? { createConnection: () => through.value } : { agent: false }),
        signal,
        ...(secure && !net.isIP(url.hostname.replace(/^\[|\]$/g, "")) ? { servername: url.hostname } : {}),
        ...localAddress(address.family),
      })
      const give = (outcome: Outcome<HttpReply>) => {
        resolve(outcome)
        request.destroy()
      }
      request.on("error", (error) => give({ ok: false, failure: classifyHttp(error, signal) }))
      // Left alone, an upgrade that nobody asked for ends the request without any event but `close`.
      request.on("upgrade", (_response, socket) => {
        socket.destroy()
        give(fail("bad-reply", "an upgrade"))
      })
      let taking = Promise.resolve()
      let answer: http.IncomingMessage | null = null
      // A whole reply of which pieces still wait to be taken ends by itself.
      const closed = () => (answer?.complete === true ? undefined : give(fail("closed")))
      request.on("close", () => void taking.then(closed))
      request.on("response", (response) => {
        answer = response
        const head = headOf(response)
        const body = createBody(maxBodyBytes)
        response.on("data", (chunk: Buffer) => {
          const refusal = body.add(chunk, onBody === undefined)
          if (refusal) return give(refusal)
          if (onBody === undefined) return
          response.pause()
          taking = onBody(chunk, head).then((more) => {
            if (more) response.resume()
            else give(succeed({ ...head, body: body.bytes() }))
          })
        })
        response.on("error", (error) => give({ ok: false, failure: classifyHttp(error, signal) }))
        // It may end while its last piece is still being taken.
        response.on("end", () => void taking.then(() => give(succeed({ ...head, body: body.bytes() }))))
      })
      request.end(post)
    })
  }

function headOf({ statusCode, headers }: http.IncomingMessage): HttpHead {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) flat[name] = String(value)
  return { status: statusCode ?? 0, headers: flat }
}

/** More pieces than that make no honest body of a few MiB; each costs us far more than its sender. */
const maxBodyChunks = 65_536
/** A body that is not kept may be longer, in pieces of this length on average. */
const leastChunkBytes = 256

/** One buffer that grows, as a chunk kept by itself takes hundreds of bytes however short it is. */
function createBody(maxBytes: number) {
  let buffer = Buffer.alloc(0)
  let size = 0
  let chunks = 0
  return {
    /** Null while there is room. */
    add(chunk: Buffer, keep: boolean) {
      if (size + chunk.length > maxBytes) return fail("too-large", `more than ${maxBytes} bytes`)
      if (++chunks > maxBodyChunks + (keep ? 0 : size / leastChunkBytes))
        return fail("bad-reply", `more than ${maxBodyChunks} chunks`)
      if (!keep) {
        size += chunk.length
        return null
      }
      if (size + chunk.length > buffer.length) {
        const grown = Buffer.alloc(Math.min(maxBytes, Math.max(16_384, 2 * (size + chunk.length))))
        buffer.copy(grown)
        buffer = grown
      }
      chunk.copy(buffer, size)
      size += chunk.length
      return null
    },
    bytes: () => buffer.subarray(0, Math.min(size, buffer.length)),
  }
}

/** A timeout arrives as an abort of the signal; Node's own HTTP parser complaints are the tracker's bad reply. */
export function classifyHttp(error: Error, signal: AbortSignal): Failure {
  if (signal.aborted) return signal.reason instanceof Error ? classify(signal.reason) : failure("aborted")
  const code = "code" in error && typeof error.code === "string" ? error.code : ""
  if (code === "HPE_HEADER_OVERFLOW") return failure("too-large", "headers")
  if (code.startsWith("HPE_")) return failure("bad-reply", code)
  // Node's own word for a connection that ended too early; a real reset comes from a system call.
  if (code === "ECONNRESET" && !("syscall" in error)) return failure("closed")
  if (code === "EPROTO") return failure("tls", code)
  return classify(error)
}
