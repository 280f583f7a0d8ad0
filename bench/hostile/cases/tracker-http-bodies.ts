/** HTTP trackers whose headers and bodies have no end, or another than they say. */
import type { HostileCase } from "../case.ts"
import { answer, headOf, pourExtensions, pourHeaders, rawServer, type Line } from "./tracker-server.ts"
import { trackerCase } from "./tracker-stage.ts"

const mebibyte = Buffer.alloc(1_048_576, "x")
const honest = "d8:completei1e10:incompletei0e8:intervali1800e5:peers0:e"
const [headers, body] = ["tracker.maxHeaderBytes", "tracker.maxBodyBytes"]

interface Long {
  id: string
  does: string
  bound: string
  expect: RegExp
  onRequest(line: Line): void
}

const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"

const long: readonly Long[] = [
  {
    id: "http-tracker-endless-headers",
    does: "sends headers without end",
    bound: headers,
    expect: /too-large: headers/,
    onRequest: (line) => pourHeaders(line, "200 OK"),
  },
  {
    id: "http-tracker-huge-header",
    does: "sends one header of 1 MB",
    bound: headers,
    expect: /too-large: headers/,
    onRequest: (line) => answer(line, honest, [`X-Long: ${"x".repeat(1_000_000)}`]),
  },
  {
    id: "http-tracker-endless-trailers",
    does: "ends a chunked body with trailers without end",
    bound: headers,
    expect: /too-large/,
    onRequest(line) {
      line.write(`${chunked}\r\n2\r\nde\r\n0\r\n`)
      line.pour("X-Trailer: and more\r\n".repeat(1_000))
    },
  },
  {
    id: "http-tracker-endless-body",
    does: "sends a body without end or length",
    bound: body,
    expect: /too-large/,
    onRequest(line) {
      line.write("HTTP/1.1 200 OK\r\n\r\n")
      line.pour(mebibyte)
    },
  },
  {
    id: "http-tracker-600mb",
    does: "sends 600 MB, as its Content-Length says",
    bound: body,
    expect: /too-large/,
    onRequest(line) {
      line.write(`HTTP/1.1 200 OK\r\nContent-Length: ${600 * mebibyte.length}\r\n\r\n`)
      line.pour(mebibyte, 600)
    },
  },
  {
    id: "http-tracker-endless-chunks",
    does: "sends chunks without end",
    bound: body,
    expect: /too-large/,
    onRequest(line) {
      line.write(`${chunked}\r\n`)
      line.pour(Buffer.concat([Buffer.from("100000\r\n"), mebibyte, Buffer.from("\r\n")]))
    },
  },
  {
    id: "http-tracker-tiny-chunks",
    does: "sends chunks of a byte without end",
    bound: body,
    expect: /too-large|bad-reply/,
    onRequest(line) {
      line.write(`${chunked}\r\n`)
      line.pour("1\r\nx\r\n".repeat(10_000))
    },
  },
  {
    id: "http-tracker-chunk-2-64",
    does: "says that a chunk has 2⁶⁴ bytes",
    bound: "Node's HTTP parser",
    expect: /bad-reply/,
    onRequest: (line) => line.write(`${chunked}\r\n10000000000000000\r\nxxxx`),
  },
  {
    id: "http-tracker-chunk-extension",
    does: "sends one chunk's extension without end",
    bound: headers,
    expect: /too-large|bad-reply/,
    onRequest(line) {
      line.write(`${chunked}\r\n1;`)
      line.pour("extension".repeat(1_000))
    },
  },
  {
    id: "http-tracker-chunk-extensions",
    does: "sends a byte of body with 15 KB of extension, again and again",
    bound: body,
    expect: /too-large/,
    onRequest(line) {
      line.write(`${chunked}\r\n`)
      pourExtensions(line)
    },
  },
  {
    id: "http-tracker-short-body",
    does: "says 1,000 bytes, sends 50 and closes",
    bound: "the answer counts as none",
    expect: /announce closed/,
    onRequest(line) {
      line.write(headOf(["Content-Length: 1000"]))
      line.write("d8:intervali1800e5:peers0:e")
      line.end()
    },
  },
  {
    id: "http-tracker-long-body",
    does: "says 2 bytes, and sends a megabyte more",
    bound: "Content-Length",
    expect: /announce bad-reply|announce bad-bencode/,
    onRequest(line) {
      line.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nle")
      line.pour(mebibyte, 1)
    },
  },
  {
    id: "http-tracker-two-lengths",
    does: "gives two lengths that differ",
    bound: "Node's HTTP parser",
    expect: /bad-reply/,
    onRequest: (line) =>
      line.write(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\n${honest}`),
  },
  {
    id: "http-tracker-reset",
    does: "resets the connection in the middle of its body",
    bound: "the answer counts as none",
    expect: /announce (reset|closed)/,
    onRequest(line) {
      line.write(`HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n${honest}`)
      setTimeout(() => line.reset(), 50)
    },
  },
  {
    id: "http-tracker-upgrade",
    does: "upgrades to another protocol, and floods it",
    bound: "the answer counts as none",
    expect: /bad-reply: an upgrade/,
    onRequest(line) {
      line.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n")
      line.pour(mebibyte)
    },
  },
  {
    id: "http-tracker-http09",
    does: "answers in HTTP/0.9, with garbage, for ever",
    bound: "Node's HTTP parser",
    expect: /bad-reply/,
    onRequest: (line) => line.pour(mebibyte),
  },
]

export const trackerHttpBodyCases: readonly HostileCase[] = long.map((each) =>
  trackerCase("http-tracker", {
    ...each,
    async start(stage) {
      const { port, taken } = await rawServer(stage, (line) => each.onRequest(line))
      return { url: `http://127.0.0.1:${port}/announce`, seen: taken }
    },
  }),
)
