/** One HTTP request to an address already admitted, and its reply as received: no redirect followed, nothing decoded. */
import http from "node:http"
import https from "node:https"
import net from "node:net"
import { classify, fail, failure, succeed, type Failure, type Outcome } from "../failure.ts"
import type { HttpReply, Network } from "../network.ts"
import type { Binding } from "./binding.ts"

export const httpFrom =
  ({ barred, localAddress }: Binding): Network["http"] =>
  ({ url, address, headers, maxBodyBytes, maxHeaderBytes, signal }) => {
    const refusal = signal.aborted ? fail("aborted") : barred(address.family)
    if (refusal) return Promise.resolve(refusal)
    return new Promise((resolve) => {
      const secure = url.protocol === "https:"
      const request = (secure ? https : http).request({
        host: address.host,
        port: url.port || (secure ? 443 : 80),
        path: url.pathname + url.search,
        method: "GET",
        headers: { host: url.host, ...headers },
        maxHeaderSize: maxHeaderBytes,
        agent: false,
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
      request.on("close", () => give(fail("closed")))
      request.on("response", (response) => {
        const body = createBody(maxBodyBytes)
        response.on("data", (chunk: Buffer) => {
          const refusal = body.add(chunk)
          if (refusal) give(refusal)
        })
        response.on("error", (error) => give({ ok: false, failure: classifyHttp(error, signal) }))
        response.on("end", () => {
          const flat: Record<string, string> = {}
          for (const [name, value] of Object.entries(response.headers)) flat[name] = String(value)
          give(succeed({ status: response.statusCode ?? 0, headers: flat, body: body.bytes() }))
        })
      })
      request.end()
    })
  }

/** More pieces than that make no honest body of a few MiB; each costs us far more than its sender. */
const maxBodyChunks = 65_536

/** One buffer that grows, as a chunk kept by itself takes hundreds of bytes however short it is. */
function createBody(maxBytes: number) {
  let buffer = Buffer.alloc(0)
  let size = 0
  let chunks = 0
  return {
    /** Null while there is room. */
    add(chunk: Buffer) {
      if (size + chunk.length > maxBytes) return fail("too-large", `more than ${maxBytes} bytes`)
      if (++chunks > maxBodyChunks) return fail("bad-reply", `more than ${maxBodyChunks} chunks`)
      if (size + chunk.length > buffer.length) {
        const grown = Buffer.alloc(Math.min(maxBytes, Math.max(16_384, 2 * (size + chunk.length))))
        buffer.copy(grown)
        buffer = grown
      }
      chunk.copy(buffer, size)
      size += chunk.length
      return null
    },
    bytes: () => buffer.subarray(0, size),
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
