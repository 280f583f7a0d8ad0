/** One HTTP request to an address already admitted, and its reply as received, whole or piece by piece: no redirect followed, nothing decoded. */
import http from "node:http"
import https from "node:https"
import net from "node:net"
import { waitedForOthers } from "../evidence/words.ts"
import { classify, fail, failure, succeed, type Failure, type Outcome } from "../failure.ts"
import { limits } from "../limits.ts"
import type { HttpHead, HttpReply, Network } from "../network.ts"
import type { Binding } from "./binding.ts"
import { createBody, createLongBodies, surplusOf } from "./http-body.ts"
import { streamThrough } from "./tunnel.ts"
import type { Tunnel } from "./tcp.ts"

export const httpFrom = (binding: Binding, tunnel: Tunnel | null = null): Network["http"] => {
  const longBodies = createLongBodies(binding.clock)
  const { barred, localAddress } = binding
  return async ({ url, address, headers, maxBodyBytes, maxHeaderBytes, onBody, post, signal }) => {
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
        ...readAhead,
        ...(through ? { createConnection: () => through.value } : { agent: false }),
        signal,
        ...(secure && !net.isIP(url.hostname.replace(/^\[|\]$/g, "")) ? { servername: url.hostname } : {}),
        ...localAddress(address.family),
      })
      const over = new AbortController()
      let endTurn: (() => void) | null = null
      const give = (outcome: Outcome<HttpReply>) => {
        resolve(outcome)
        over.abort()
        endTurn?.()
        endTurn = null
        request.destroy()
      }
      let waits = false
      const failed = (error: Error) =>
        give(
          waits && signal.aborted
            ? fail("timeout", waitedForOthers)
            : { ok: false, failure: classifyHttp(error, signal) },
        )
      request.on("error", failed)
      // Left alone, an upgrade that nobody asked for ends the request without any event but `close`.
      request.on("upgrade", (_response, socket) => {
        socket.destroy()
        give(fail("bad-reply", "an upgrade"))
      })
      const keep = onBody === undefined
      const body = createBody(maxBodyBytes, keep)
      let wireBytes = 0
      request.on("socket", (socket) =>
        socket.on("data", (chunk: Buffer) => {
          wireBytes += chunk.length
          const surplus = surplusOf(wireBytes, body.size, maxHeaderBytes)
          if (surplus) give(surplus)
        }),
      )
      let taking = Promise.resolve()
      let answer: http.IncomingMessage | null = null
      // A whole reply of which pieces still wait to be taken ends by itself.
      const closed = () => (answer?.complete === true ? undefined : give(fail("closed")))
      request.on("close", () => void taking.then(closed))
      request.on("response", (response) => {
        answer = response
        const head = headOf(response)
        const add = (chunk: Buffer): boolean => {
          const refusal = body.add(chunk)
          if (refusal) give(refusal)
          return refusal === null
        }
        const afterTurn = (goOn: () => void) => {
          waits = true
          return longBodies.take(over.signal).then((end) => {
            waits = false
            if (over.signal.aborted) return end()
            endTurn = end
            goOn()
          })
        }
        const onData = (chunk: Buffer) => {
          const isLong = keep && body.size + chunk.length > limits.http.shortBodyBytes
          if (isLong && endTurn === null) {
            response.pause()
            taking = afterTurn(() => add(chunk) && response.resume())
          } else if (add(chunk) && onBody !== undefined) {
            response.pause()
            taking = onBody(chunk, head).then((more) => {
              if (more) response.resume()
              else give(succeed({ ...head, body: body.bytes() }))
            })
          }
        }
        // One that says how long it is isn't read at all before its turn.
        const isLong = keep && Number(response.headers["content-length"] ?? 0) > limits.http.shortBodyBytes
        if (isLong) taking = afterTurn(() => response.on("data", onData))
        else response.on("data", onData)
        response.on("error", failed)
        // It may end while its last piece is still being taken.
        response.on("end", () => void taking.then(() => give(succeed({ ...head, body: body.bytes() }))))
      })
      request.end(post)
    })
  }
}

/** Of a socket, and of a reply whose reader waits: Node passes it on, and its types don't know. */
const readAhead: object = { highWaterMark: limits.http.shortBodyBytes }

function headOf({ statusCode, headers }: http.IncomingMessage): HttpHead {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) flat[name] = String(value)
  return { status: statusCode ?? 0, headers: flat }
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
