/** RFC 6455: one WebSocket to an address already admitted. No redirect is followed, nothing decompressed, and all that comes in bounded. */
import net from "node:net"
import tls from "node:tls"
import { classify, fail, failure, succeed, type Failure, type Outcome } from "../failure.ts"
import type { Network, WebSocketConnection, WebSocketRequest } from "../network.ts"
import type { Binding } from "./binding.ts"
import { surplusOf } from "./http-body.ts"
import { classifyHttp } from "./http.ts"
import { streamThrough } from "./tunnel.ts"
import type { Tunnel } from "./tcp.ts"

export const webSocketFrom =
  (binding: Binding, tunnel: Tunnel | null = null): Network["webSocket"] =>
  async (request) => {
    const { url, headers, signal } = request
    const { default: WebSocket } = await import("ws")
    const refusal = signal.aborted ? fail("aborted") : binding.barred(request.address.family)
    if (refusal) return refusal
    const through = tunnel && (await streamThrough(tunnel, url, request.address, signal))
    if (through?.ok === false) return through
    const { promise: opened, resolve: settle } = Promise.withResolvers<Outcome<WebSocketConnection>>()
    const { promise: ended, resolve: end } = Promise.withResolvers<Failure>()
    let wireBytes = 0
    const onHandshake = (chunk: Buffer) => {
      wireBytes += chunk.length
      const surplus = surplusOf(wireBytes, 0, request.maxHeaderBytes)
      if (surplus) close(surplus.failure)
    }
    const made = attempt(() => {
      const bare = new URL(url)
      bare.hash = ""
      return new WebSocket(bare.href, {
        createConnection: () => (through?.value ?? connectTo(request, binding)).on("data", onHandshake),
        headers: { host: url.host, ...headers },
        followRedirects: false,
        perMessageDeflate: false,
        // Whoever pings us thousands of times would make us write as often.
        autoPong: false,
        maxPayload: request.maxMessageBytes,
        maxHeaderSize: request.maxHeaderBytes,
        closeTimeout: request.closeMs,
      })
    })
    if (!made.ok) return made
    const socket = made.value
    let cause: Failure | null = null
    let upgraded = false
    let receiving = true

    const close = (why?: Failure) => {
      receiving = false
      cause ??= why ?? failure("aborted")
      if (why) socket.terminate()
      else socket.close(goingAway)
    }
    const onAbort = () => close(abortedBy(signal))

    socket.on("upgrade", (response) => {
      upgraded = true
      response.socket.off("data", onHandshake)
      let bytes = 0
      // Later, as a listener now would take what came in one segment with the head.
      process.nextTick(() =>
        response.socket.on("data", (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > request.maxBytes) close(failure("too-large", `more than ${request.maxBytes} bytes`))
        }),
      )
    })
    socket.on("unexpected-response", (_request, { statusCode = 0 }) => {
      cause ??=
        statusCode >= 300 && statusCode < 400
          ? failure("bad-redirect", "WebSockets follow none")
          : failure("http-status", `HTTP ${statusCode}`)
      socket.terminate()
    })
    socket.on("open", () => {
      signal.removeEventListener("abort", onAbort)
      settle(succeed({ ended, close, send: (text) => socket.send(text, () => {}) }))
    })
    socket.on("message", (data) => {
      if (receiving) request.onMessage(data)
    })
    socket.on("error", (error) => {
      cause ??= classifyWebSocket(error, signal, upgraded)
      // It would say goodbye first, to somebody who doesn't speak its language.
      socket.terminate()
    })
    // The last of all events, after an error too.
    socket.on("close", (code) => {
      signal.removeEventListener("abort", onAbort)
      const why = cause ?? failure("closed", noStatus.has(code) ? null : `code ${code}`)
      end(why)
      settle({ ok: false, failure: why })
    })
    signal.addEventListener("abort", onAbort, { once: true })
    return opened
  }

/** Close codes of RFC 6455 §7.4.1. */
const goingAway = 1001
/** Of these the other side said none. */
const noStatus = new Set([1005, 1006])

/** What a library or Node refuses to begin with. */
function attempt<T>(begin: () => T): Outcome<T> {
  try {
    return succeed(begin())
  } catch (error) {
    return { ok: false, failure: classify(error) }
  }
}

function connectTo({ url, address }: WebSocketRequest, { localAddress }: Binding): net.Socket {
  const secure = url.protocol === "wss:"
  const to = {
    host: address.host,
    port: Number(url.port || (secure ? 443 : 80)),
    ...localAddress(address.family),
  }
  if (!secure) return net.connect(to)
  const name = url.hostname.replace(/^\[|\]$/g, "")
  return tls.connect({ ...to, ...(net.isIP(name) ? {} : { servername: name }) })
}

const abortedBy = (signal: AbortSignal): Failure =>
  signal.reason instanceof Error && signal.reason.name === "TimeoutError"
    ? failure("timeout")
    : failure("aborted")

/** A message beyond our limit or beyond 2⁵³ bytes, or of thousands of pieces. */
const tooMuch = new Set([
  "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
  "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
  "WS_ERR_TOO_MANY_BUFFERED_PARTS",
])

function classifyWebSocket(error: Error, signal: AbortSignal, upgraded: boolean): Failure {
  const code = "code" in error && typeof error.code === "string" ? error.code : ""
  if (tooMuch.has(code)) return failure("too-large", code)
  if (code.startsWith("WS_ERR_")) return failure("bad-reply", code)
  // What ws says about a handshake has no code.
  if (upgraded && code === "") return failure("bad-reply", error.message)
  return classifyHttp(error, signal)
}
