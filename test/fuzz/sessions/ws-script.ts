/** Bytes → what a WebSocket tracker says: the upgrade, then frames (RFC 6455), of which most hold JSON. */
import { createHash } from "node:crypto"
import type { Duplex } from "node:stream"
import type { Clock } from "./clock.ts"
import type { Plan } from "./plan.ts"

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
const closing = 8
const goodbye = Buffer.from([0x88, 0])
const mostFrames = 60

export function playWebSocket(plan: Plan, stream: Duplex, clock: Clock): void {
  const gone = new AbortController()
  let head = ""
  let open = false
  stream.on("error", () => {})
  stream.on("close", () => gone.abort())
  stream.on("end", () => stream.end())
  const send = (bytes: Uint8Array) => void (stream.writable && stream.write(bytes))

  async function speak(asked: string): Promise<void> {
    const frames = plan.upTo(7) === 7 ? plan.upTo(mostFrames) : 1 + plan.upTo(2)
    for (let n = 0; n < frames && !gone.signal.aborted; n++) {
      const waits = plan.upTo(7)
      if (waits > 4) await clock.sleep(waits * 300, gone.signal)
      send(frameOf(plan, asked))
    }
  }

  stream.on("data", (chunk: Buffer) => {
    if (open) {
      const isGoodbye = (chunk[0] ?? 0) % 16 === closing
      if (!isGoodbye) void speak(unmasked(chunk))
      else if (!plan.flag()) stream.end(goodbye)
      return
    }
    head += chunk.toString("latin1")
    if (!head.includes("\r\n\r\n")) return
    open = true
    const key = /sec-websocket-key: (\S+)/i.exec(head)?.[1] ?? ""
    const odd = plan.upTo(15)
    const accept =
      odd === 1
        ? "wrong"
        : createHash("sha1")
            .update(key + guid)
            .digest("base64")
    const status =
      odd === 2 ? "200 OK" : odd === 3 ? "302 Found\r\nLocation: ws://127.0.0.1/" : "101 Switching"
    const more = odd === 4 ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : ""
    const garbage = odd === 5 ? plan.take(plan.upTo(100)) : null
    send(
      garbage ??
        Buffer.from(
          `HTTP/1.1 ${status}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`,
        ),
    )
    if (odd === 6) stream.end()
  })
}

/** What the client's first frame holds: one of less than 64 KiB, masked. */
function unmasked(frame: Buffer): string {
  const short = (frame[1] ?? 0) & 0x7f
  const at = short === 126 ? 4 : 2
  const mask = frame.subarray(at, at + 4)
  return Buffer.from(frame.subarray(at + 4).map((byte, i) => byte ^ (mask[i % 4] ?? 0))).toString("utf8")
}

function frameOf(plan: Plan, asked: string): Buffer {
  const kind = plan.upTo(11)
  if (kind === 10) return Buffer.from(plan.take(plan.upTo(80)))
  const opcode = kind === 9 ? plan.upTo(15) : 1
  const text = Buffer.from(kind === 8 ? plan.take(plan.upTo(120)) : jsonOf(plan, asked, kind))
  const first = (kind === 7 ? plan.byte() & 0xf0 : 0x80) | opcode
  const length =
    text.length < 126 ? Buffer.from([text.length]) : Buffer.from([126, text.length >> 8, text.length & 255])
  return Buffer.concat([Buffer.from([first]), length, text])
}

function jsonOf(plan: Plan, asked: string, kind: number): string {
  const action = asked.includes('"scrape"') ? "scrape" : "announce"
  const infoHash = /"info_hash":("(?:[^"\\]|\\.)*")/.exec(asked)?.[1] ?? '""'
  const number = () =>
    kind === 0 ? "1" : plan.pick(["1", "-1", "1e999", "0.5", "null", '"7"', "[]", "9007199254740993"])
  const counts = `"complete":${number()},"incomplete":${number()},"downloaded":${number()}`
  if (kind === 1) return `{"failure reason":${plan.pick(['"no"', "5", "{}"])}}`
  if (kind === 2)
    return `{"action":"announce","info_hash":${infoHash},"offer":{"sdp":"x"},"peer_id":"y","offer_id":"z"}`
  if (kind === 3) return "[".repeat(plan.u16() % 4_000)
  if (kind === 4) return `{"action":"${action}","__proto__":{"complete":1},"info_hash":${infoHash}}`
  if (action === "scrape") return `{"action":"scrape","files":{${infoHash}:{${counts}}}}`
  return `{"action":"announce","info_hash":${infoHash},"interval":${number()},${counts}}`
}
