/**
 * A peer of a few lines that shares no code with the tool under test: what a client says and does on the wire (BEP 3, 6, 10).
 *
 *   ip netns exec NAMESPACE node probe.ts '{"host", "port", "infoHash", "pieceCount", "pieceBytes", "sizeBytes", "seconds", "depth"}'
 *
 * It asks for `depth` blocks at a time for `seconds`, and prints one JSON object. Trusted peers only: nothing is bounded.
 */
import { createHash, randomBytes } from "node:crypto"
import net from "node:net"
import { decode } from "./bencode.ts"

export interface ProbeOptions {
  host: string
  port: number
  infoHash: string
  pieceCount: number
  pieceBytes: number
  sizeBytes: number
  /** SHA-1 of each piece, hex, one after the other. */
  pieces: string
  /** How long blocks are taken, from the first one on. */
  seconds: number
  depth: number
  /** How long an unchoke may take. */
  patienceMs: number
}

export interface ProbeResult {
  peerId: string
  reserved: string
  /** In order, until the first block. */
  messages: string[]
  bitfield: string
  haveCount: number
  v: string | null
  extensions: string[]
  reqq: number | null
  uploadOnly: number | null
  connectMs: number | null
  handshakeMs: number | null
  claimMs: number | null
  unchokeMs: number | null
  firstBlockMs: number | null
  bytesPerSecond: number | null
  verified: number
  corrupt: number
  end: string
}

const names = [
  "choke",
  "unchoke",
  "interested",
  "not-interested",
  "have",
  "bitfield",
  "request",
  "piece",
  "cancel",
  "port",
]
const fastNames: Record<number, string> = {
  13: "suggest",
  14: "have-all",
  15: "have-none",
  16: "reject",
  17: "allowed-fast",
  20: "extended",
}
const blockBytes = 16 * 1024

const frame = (id: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(body.length + 1)
  head[4] = id
  return Buffer.concat([head, body])
}

const words = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4))
  return bytes
}

export function probe(options: ProbeOptions): Promise<ProbeResult> {
  const { pieceCount, pieceBytes, sizeBytes } = options
  const began = performance.now()
  const since = () => Math.round(performance.now() - began)
  const result: ProbeResult = {
    peerId: "",
    reserved: "",
    messages: [],
    bitfield: "",
    haveCount: 0,
    v: null,
    extensions: [],
    reqq: null,
    uploadOnly: null,
    connectMs: null,
    handshakeMs: null,
    claimMs: null,
    unchokeMs: null,
    firstBlockMs: null,
    bytesPerSecond: null,
    verified: 0,
    corrupt: 0,
    end: "",
  }
  const held = Buffer.alloc(Math.ceil(pieceCount / 8))
  const holds = (piece: number) => ((held[piece >> 3] ?? 0) & (0x80 >> (piece & 7))) !== 0
  const take = (piece: number) => {
    held[piece >> 3] = (held[piece >> 3] ?? 0) | (0x80 >> (piece & 7))
  }
  const lengthOf = (piece: number) => Math.min(pieceBytes, sizeBytes - piece * pieceBytes)

  return new Promise((resolve) => {
    const socket = net.connect({ host: options.host, port: options.port })
    let buffer = Buffer.alloc(0)
    let greeted = false
    let inAir = 0
    let marks: [number, number][] = []
    let bytes = 0
    const blocks: [number, number, number][] = []
    const partial = new Map<number, { data: Buffer; missing: number }>()

    const finish = (end: string) => {
      if (result.end !== "") return
      result.end = end
      result.bitfield = held.toString("hex")
      result.haveCount = [...Array(pieceCount).keys()].filter(holds).length
      const last = marks.at(-1)
      // The first second is the start, and what a full bucket lets through at once.
      const first = marks.find(([at]) => last !== undefined && at >= (marks[0]?.[0] ?? 0) + 1_000)
      if (first && last && last[0] > first[0])
        result.bytesPerSecond = ((last[1] - first[1]) / (last[0] - first[0])) * 1_000
      clearTimeout(patience)
      socket.destroy()
      resolve(result)
    }
    const patience = setTimeout(() => finish("never unchoked or stopped sending"), options.patienceMs)

    const plan = () => {
      for (let piece = 0; piece < pieceCount; piece++) {
        if (!holds(piece)) continue
        for (let begin = 0; begin < lengthOf(piece); begin += blockBytes)
          blocks.push([piece, begin, Math.min(blockBytes, lengthOf(piece) - begin)])
      }
      blocks.reverse()
    }
    const ask = () => {
      while (inAir < options.depth) {
        const next = blocks.pop()
        if (next === undefined) return
        socket.write(frame(6, words(...next)))
        inAir++
      }
      socket.resume()
    }
    const onBlock = (piece: number, begin: number, data: Buffer) => {
      inAir--
      bytes += data.length
      const now = performance.now()
      result.firstBlockMs ??= since()
      marks.push([now, bytes])
      let whole = partial.get(piece)
      if (!whole) {
        whole = { data: Buffer.alloc(lengthOf(piece)), missing: lengthOf(piece) }
        partial.set(piece, whole)
      }
      data.copy(whole.data, begin)
      whole.missing -= data.length
      if (whole.missing === 0) {
        const wantedHash = options.pieces.slice(piece * 40, piece * 40 + 40)
        if (createHash("sha1").update(whole.data).digest("hex") === wantedHash) result.verified++
        else result.corrupt++
        partial.delete(piece)
      }
      if (now - (marks[0]?.[0] ?? now) > options.seconds * 1_000) return finish("measured")
      ask()
      if (inAir === 0 && blocks.length === 0) finish("everything taken")
    }
    const onExtended = (payload: Buffer) => {
      if (payload[0] !== 0) return
      const hello = decode(payload.subarray(1))
      if (!(hello instanceof Map)) return
      const text = (key: string) => {
        const value = hello.get(key)
        return Buffer.isBuffer(value) ? value.toString() : null
      }
      const number = (key: string) => {
        const value = hello.get(key)
        return typeof value === "number" ? value : null
      }
      const m = hello.get("m")
      result.v ??= text("v")
      result.reqq ??= number("reqq")
      result.uploadOnly ??= number("upload_only")
      if (m instanceof Map) result.extensions = [...m.keys()]
    }
    const onMessage = (id: number, payload: Buffer) => {
      if (result.firstBlockMs === null && id !== 7)
        result.messages.push(names[id] ?? fastNames[id] ?? `${id}`)
      if (id === 4) take(payload.readUInt32BE(0))
      if (id === 5) payload.copy(held)
      if (id === 14) for (let piece = 0; piece < pieceCount; piece++) take(piece)
      if (id === 5 || id === 14 || id === 15) result.claimMs ??= since()
      if (id === 20) onExtended(payload)
      if (id === 1 && result.unchokeMs === null) {
        result.unchokeMs = since()
        plan()
        ask()
        if (blocks.length === 0 && inAir === 0) finish("nothing to ask for")
      }
      if (id === 7) onBlock(payload.readUInt32BE(0), payload.readUInt32BE(4), payload.subarray(8))
    }
    const greet = () => {
      result.handshakeMs = since()
      result.reserved = buffer.toString("hex", 20, 28)
      result.peerId = buffer.toString("latin1", 48, 56)
      buffer = buffer.subarray(68)
      greeted = true
      socket.write(frame(20, Buffer.from("\0d1:md11:ut_metadatai1eee")))
      // With the fast extension (BEP 6) one of bitfield, have-all and have-none must come; we hold nothing. Without it,
      // rTorrent hangs up at a have-none.
      const fast = (Buffer.from(result.reserved, "hex")[7] ?? 0) & 0x04
      if (fast) socket.write(frame(15))
      socket.write(frame(2))
    }

    socket.on("connect", () => {
      result.connectMs = since()
      const reserved = Buffer.from([0, 0, 0, 0, 0, 0x10, 0, 0x04])
      const id = Buffer.concat([Buffer.from("-XX0001-"), randomBytes(12)])
      socket.write(
        Buffer.concat([
          Buffer.from("\x13BitTorrent protocol"),
          reserved,
          Buffer.from(options.infoHash, "hex"),
          id,
        ]),
      )
    })
    socket.on("data", (chunk) => {
      buffer = Buffer.concat([buffer, chunk])
      if (!greeted && buffer.length >= 68) greet()
      if (!greeted) return
      while (buffer.length >= 4) {
        const length = buffer.readUInt32BE(0)
        if (buffer.length < 4 + length) break
        if (length > 0) onMessage(buffer[4] ?? 0, Buffer.from(buffer.subarray(5, 4 + length)))
        buffer = buffer.subarray(4 + length)
      }
    })
    socket.on("error", (error) => finish(error.message))
    socket.on("close", () => finish("closed by the peer"))
  })
}

const [, script, argument] = process.argv
if (script?.endsWith("probe.ts") && argument) console.log(JSON.stringify(await probe(JSON.parse(argument))))
