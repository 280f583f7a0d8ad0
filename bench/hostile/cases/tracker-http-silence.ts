/** HTTP trackers that take their time. */
import type { HostileCase } from "../case.ts"
import { pourContinues, rawServer, type Line } from "./tracker-server.ts"
import { trackerCase } from "./tracker-stage.ts"

const bound = "tracker.httpTotalMs"

interface Slow {
  id: string
  does: string
  bound?: string
  expect?: RegExp
  /** Longer than one try. */
  patient?: boolean
  onRequest?(line: Line): void
  onConnect?(line: Line): void
  scheme?: "http" | "https"
}

const never = /announce (aborted|timeout)/

const slow: readonly Slow[] = [
  { id: "http-tracker-silent", does: "takes the request and says nothing", patient: true },
  {
    id: "http-tracker-header-drip",
    does: "sends its header, a byte a second",
    onRequest: (line) => line.drip("HTTP/1.1 200 OK\r\nX-Slow: yes\r\n", 1_000),
  },
  {
    id: "http-tracker-body-drip",
    does: "sends its body, a byte a second",
    onRequest(line) {
      line.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
      line.drip("d8:intervali1800e5:peers0:e", 1_000)
    },
  },
  {
    id: "http-tracker-chunk-drip",
    does: "sends empty-handed chunks, a byte each, ten a second, for ever",
    onRequest(line) {
      line.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      line.drip("1\r\nd\r\n", 15)
    },
  },
  {
    id: "http-tracker-no-body",
    does: "promises a body and sends none",
    onRequest: (line) => line.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"),
  },
  {
    id: "http-tracker-continue-flood",
    does: "sends 100 Continue for ever, as fast as it is read",
    bound: "tracker.maxHeaderBytes",
    expect: /announce too-large/,
    onRequest: pourContinues,
  },
  {
    id: "http-tracker-early-hints",
    does: "sends 103 with 15 KB of headers for ever",
    bound: "tracker.maxHeaderBytes",
    expect: /announce too-large/,
    onRequest: (line) => line.pour(`HTTP/1.1 103 Early Hints\r\nLink: <${"a".repeat(15_000)}>\r\n\r\n`),
  },
  {
    id: "http-tracker-tls-stall",
    does: "says nothing to the TLS handshake",
    scheme: "https",
  },
  {
    id: "http-tracker-tls-garbage",
    does: "answers the TLS handshake with garbage",
    bound: "the answer counts as none",
    expect: /announce tls/,
    scheme: "https",
    onConnect: (line) => line.write(Buffer.alloc(2_000, 0x42)),
  },
]

export const trackerHttpSilenceCases: readonly HostileCase[] = slow.map((each) =>
  trackerCase("http-tracker", {
    id: each.id,
    does: each.does,
    bound: each.bound ?? bound,
    expect: each.expect ?? never,
    timeoutSeconds: each.patient ? 20 : 8,
    async start(stage) {
      const { port, taken } = await rawServer(
        stage,
        (line) => each.onRequest?.(line),
        (line) => each.onConnect?.(line),
      )
      return { url: `${each.scheme ?? "http"}://127.0.0.1:${port}/announce`, seen: taken }
    },
  }),
)
