/** Bytes → what an HTTP server answers, honest as far as they don't say otherwise. */
import type { Duplex } from "node:stream"
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib"
import type { Clock } from "./clock.ts"
import type { Plan } from "./plan.ts"

export interface HttpQuestion {
  /** As it stands in the request line. */
  readonly path: string
  /** Lower case → value. */
  readonly headers: ReadonlyMap<string, string>
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: Uint8Array
}

const bomb = gzipSync(Buffer.alloc(3 * 1024 * 1024), { level: 9 })
const mostPieces = 200
const locations = [
  "/again",
  "http://10.0.0.4/announce",
  "http://127.0.0.1:80/",
  "http://169.254.169.254/latest",
  "http://10.0.0.2:6881/",
  "ftp://10.0.0.4/",
  "//[::1]/",
  "http://tracker.test:22/",
  "",
] as const
const statuses = [200, 206, 301, 302, 307, 308, 404, 416, 429, 503, 100, 101, 204, 304, 999] as const
const oddHeaders = [
  "Content-Length: 5",
  "Content-Length: -1",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: gzip, chunked",
  "Connection: upgrade\r\nUpgrade: h2c",
  "Retry-After: 1",
  "Retry-After: 99999999999999999999",
  "Content-Range: bytes 0-5/*",
  "Accept-Ranges: none",
  "X: \u0000",
  " folded: yes",
] as const

const encodings = [
  ["gzip", (body: Uint8Array) => gzipSync(body)],
  ["deflate", (body: Uint8Array) => deflateSync(body)],
  ["deflate", (body: Uint8Array) => deflateRawSync(body)],
  ["x-gzip", (body: Uint8Array) => gzipSync(body).subarray(0, -5)],
  ["gzip", (body: Uint8Array) => body],
  ["gzip", () => bomb],
  ["br", (body: Uint8Array) => body],
] as const

/** Answers every request on that connection; the plan goes on from one to the next. */
export function playHttp(
  plan: Plan,
  stream: Duplex,
  clock: Clock,
  answer: (question: HttpQuestion, plan: Plan) => HttpAnswer,
): void {
  let heard = ""
  let answering = Promise.resolve()
  const gone = new AbortController()
  stream.on("error", () => {})
  stream.on("close", () => gone.abort())
  stream.on("end", () => void answering.then(() => stream.end()))
  stream.on("data", (chunk: Buffer) => {
    heard += chunk.toString("latin1")
    for (let end = heard.indexOf("\r\n\r\n"); end >= 0; end = heard.indexOf("\r\n\r\n")) {
      const question = questionIn(heard.slice(0, end))
      heard = heard.slice(end + 4)
      answering = answering.then(() => respond(plan, stream, clock, answer(question, plan), gone.signal))
    }
  })
}

function questionIn(head: string): HttpQuestion {
  const [first = "", ...lines] = head.split("\r\n")
  const headers = lines.map((line) => line.split(": ") as [string, string])
  return {
    path: first.split(" ")[1] ?? "/",
    headers: new Map(headers.map(([name, value]) => [name.toLowerCase(), value])),
  }
}

async function respond(
  plan: Plan,
  stream: Duplex,
  clock: Clock,
  { status, headers, body }: HttpAnswer,
  gone: AbortSignal,
): Promise<void> {
  const odd = plan.byte()
  const code = odd & 1 ? plan.pick(statuses) : status
  const lines = [...headers]
  if (odd & 2) lines.push(plan.pick(oddHeaders))
  if (odd & 4) lines.push(`Location: ${plan.pick(locations)}`)
  let content = body
  if (odd & 8) {
    const [name, encode] = plan.pick(encodings)
    lines.push(`Content-Encoding: ${name}`)
    content = encode(body)
  }
  const framing = odd & 16 ? plan.upTo(4) : 0
  if (framing === 0) lines.push(`Content-Length: ${content.length}`)
  if (framing === 1) lines.push(`Content-Length: ${content.length + plan.upTo(20) - 10}`)
  if (framing === 2) {
    lines.push("Transfer-Encoding: chunked")
    content = chunked(content, 1 + plan.byte())
  }
  if (framing === 3) lines.push("Transfer-Encoding: chunked")
  const head = `HTTP/1.${plan.upTo(9) === 9 ? 0 : 1} ${code} ${odd & 32 ? "" : "Said"}\r\n${lines.join("\r\n")}\r\n\r\n`
  const raw = odd & 64 ? Buffer.from(plan.take(plan.upTo(300))) : Buffer.from(head, "latin1")
  const all = Buffer.concat([raw, content])
  if (odd & 128) await trickle(plan, stream, clock, all, gone)
  else if (stream.writable) stream.write(all)
  const ending = plan.upTo(15)
  if (framing >= 3 || ending === 1) stream.end()
  if (ending === 2) stream.destroy()
}

/** Slowly, and perhaps never to its end. */
async function trickle(
  plan: Plan,
  stream: Duplex,
  clock: Clock,
  all: Buffer,
  gone: AbortSignal,
): Promise<void> {
  const size = 1 + plan.byte()
  const waitMs = plan.byte() * 10
  const most = plan.flag() ? mostPieces : plan.byte()
  for (let at = 0, pieces = 0; at < all.length && pieces < most && !gone.aborted; at += size, pieces++) {
    if (stream.writable) stream.write(all.subarray(at, at + size))
    await clock.sleep(waitMs, gone)
  }
}

function chunked(body: Uint8Array, size: number): Buffer {
  const parts: Uint8Array[] = []
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size)
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n"))
  }
  return Buffer.concat([...parts, Buffer.from("0\r\n\r\n")])
}
