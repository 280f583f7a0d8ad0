/** WebSocket trackers: frames and messages without end, JSON that is no answer, and handshakes that are none. */
import { createHash } from "node:crypto"
import type { HostileCase } from "../case.ts"
import { pourContinues, pourHeaders, rawServer, type Line } from "./tracker-server.ts"
import { trackerCase } from "./tracker-stage.ts"

/** RFC 6455 §5.2, unmasked as servers send. `first`: FIN and the opcode. */
function frame(first: number, payload: string | Uint8Array, claimed?: number): Buffer {
  const data = Buffer.from(payload as string)
  const length = claimed ?? data.length
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  header[0] = first
  header[1] = length < 126 ? length : length < 65_536 ? 126 : 127
  if (length >= 126 && length < 65_536) header.writeUInt16BE(length, 2)
  if (length >= 65_536) header.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([header, data])
}

const [text, part, firstPart, ping, close] = [0x81, 0x00, 0x01, 0x89, 0x88]

function upgrade(line: Line, head: string): void {
  const key = /sec-websocket-key: *(\S+)/i.exec(head)?.[1] ?? ""
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")
  line.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
}

/** To each message of ours: they are small, so that one comes in one segment. */
const answering = (make: () => Uint8Array) => (line: Line, head: string) => {
  upgrade(line, head)
  line.socket.on("data", () => line.write(make()))
}

const pouring = (bytes: () => Uint8Array) => (line: Line, head: string) => {
  upgrade(line, head)
  line.socket.once("data", () => line.pour(bytes()))
}

interface Babble {
  id: string
  does: string
  bound: string
  expect: RegExp
  readonly onRequest: (line: Line, head: string) => void
}

const [bytes, nested] = ["tracker.wsMaxBytes", "tracker.wsMaxNested"]
const nonsense = /bad-reply/
const offer = JSON.stringify({
  action: "announce",
  info_hash: "x".repeat(20),
  peer_id: "y".repeat(20),
  offer_id: "1",
  offer: { type: "offer", sdp: "v=0\r\n".repeat(20) },
})

const babble: readonly Babble[] = [
  {
    id: "ws-tracker-null",
    does: "says `null`",
    bound: nested,
    expect: nonsense,
    onRequest: answering(() => frame(text, "null")),
  },
  {
    id: "ws-tracker-array",
    does: "nests 60,000 arrays",
    bound: nested,
    expect: nonsense,
    onRequest: answering(() => frame(text, "[".repeat(60_000))),
  },
  {
    id: "ws-tracker-wrong-types",
    does: "answers with a numeric info hash and counts that are objects",
    bound: "the answer counts as none",
    expect: /bad-reply/,
    onRequest: answering(() =>
      frame(text, '{"action":"announce","info_hash":5,"complete":{},"interval":[],"__proto__":{"x":1}}'),
    ),
  },
  {
    id: "ws-tracker-huge-frame",
    does: "sends a frame of 100 MB",
    bound: "tracker.wsMaxMessageBytes",
    expect: /too-large/,
    onRequest: pouring(() => frame(text, Buffer.alloc(65_536, "x"), 100_000_000)),
  },
  {
    id: "ws-tracker-length-2-63",
    does: "says that a frame has 2⁶³ bytes",
    bound: "tracker.wsMaxMessageBytes",
    expect: /too-large|bad-reply/,
    onRequest: pouring(() => Buffer.from("817fffffffffffffffff", "hex")),
  },
  {
    id: "ws-tracker-fragments",
    does: "sends one message in fragments without end",
    bound: "tracker.wsMaxMessageBytes",
    expect: /too-large/,
    onRequest(line, head) {
      upgrade(line, head)
      line.write(frame(firstPart, "{"))
      line.pour(frame(part, " ".repeat(100)))
    },
  },
  {
    id: "ws-tracker-empty-fragments",
    does: "sends one message in empty fragments without end",
    bound: bytes,
    expect: /too-large/,
    onRequest(line, head) {
      upgrade(line, head)
      line.write(frame(firstPart, "{"))
      line.pour(Buffer.concat(Array<Buffer>(1_000).fill(frame(part, ""))))
    },
  },
  {
    id: "ws-tracker-pings",
    does: "pings without end",
    bound: bytes,
    expect: /too-large/,
    onRequest: pouring(() => Buffer.concat(Array<Buffer>(1_000).fill(frame(ping, "")))),
  },
  {
    id: "ws-tracker-offers",
    does: "passes on other peers' offers by the thousand",
    bound: "tracker.wsMaxMessages",
    expect: /too-large/,
    onRequest: pouring(() => frame(text, offer)),
  },
  {
    id: "ws-tracker-close-garbage",
    does: "closes with a code and reason that are none",
    bound: "the answer counts as none",
    expect: /bad-reply|closed/,
    onRequest: answering(() => frame(close, Buffer.from("03ebfffefdfc", "hex"))),
  },
  {
    id: "ws-tracker-masked",
    does: "masks its frames, sets reserved bits, and uses opcodes that are none",
    bound: "RFC 6455",
    expect: nonsense,
    onRequest: answering(() => Buffer.from("ff8500000000", "hex")),
  },
  {
    id: "ws-tracker-not-utf8",
    does: "sends text that is no UTF-8",
    bound: "RFC 6455",
    expect: nonsense,
    onRequest: answering(() => frame(text, Buffer.from("fffefdfc", "hex"))),
  },
  {
    id: "ws-tracker-refusal-escape",
    does: "refuses with 100 KB of terminal escapes",
    bound: "tracker.maxReasonLength",
    expect: /tracker-refused/,
    onRequest: answering(() => frame(text, JSON.stringify({ "failure reason": "\u001bc<b>".repeat(8_000) }))),
  },
  {
    id: "ws-tracker-no-upgrade",
    does: "takes the request, and never upgrades",
    bound: "tracker.httpTotalMs",
    expect: /announce (aborted|timeout)/,
    onRequest: () => {},
  },
  {
    id: "ws-tracker-continue-flood",
    does: "sends 100 Continue for ever in place of an upgrade",
    bound: "tracker.maxHeaderBytes",
    expect: /too-large/,
    onRequest: pourContinues,
  },
  {
    id: "ws-tracker-headers",
    does: "upgrades with headers without end",
    bound: "tracker.maxHeaderBytes",
    expect: /too-large/,
    onRequest: (line) => pourHeaders(line, "101 Switching Protocols\r\nUpgrade: websocket"),
  },
  {
    id: "ws-tracker-bad-accept",
    does: "upgrades with somebody else's Sec-WebSocket-Accept, and floods",
    bound: "RFC 6455",
    expect: nonsense,
    onRequest(line) {
      line.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: bm8=\r\n\r\n",
      )
      line.pour(Buffer.alloc(65_536))
    },
  },
  {
    id: "ws-tracker-redirect",
    does: "redirects to a private address",
    bound: "WebSockets follow none",
    expect: /bad-redirect/,
    onRequest: (line) =>
      line.write("HTTP/1.1 302 Found\r\nLocation: ws://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"),
  },
  {
    id: "ws-tracker-error-body",
    does: "refuses the upgrade with an error page without end",
    bound: "no body is read",
    expect: /http-status/,
    onRequest(line) {
      line.write("HTTP/1.1 500 Oops\r\n\r\n")
      line.pour(Buffer.alloc(65_536))
    },
  },
]

export const trackerWsCases: readonly HostileCase[] = babble.map(({ onRequest, ...each }) =>
  trackerCase("ws-tracker", {
    ...each,
    timeoutSeconds: 10,
    async start(stage) {
      const { port, taken } = await rawServer(stage, (line, head) => onRequest(line, head))
      return { url: `ws://127.0.0.1:${port}/announce`, seen: taken }
    },
  }),
)
