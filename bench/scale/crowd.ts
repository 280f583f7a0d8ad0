/**
 * The other side of the scale benchmark, in a process of its own so that its work isn't ours: `node bench/scale/crowd.ts FOLDER SHAPE`
 * writes FOLDER/<n>.torrent and runs until its standard input ends. One listening socket serves every peer, and what a peer says at first
 * leaves in one write: the less it costs, the more it can ask of who dials it.
 */
import { writeFileSync } from "node:fs"
import { createServer as createHttpServer } from "node:http"
import net from "node:net"
import { join } from "node:path"
import { encode } from "../../src/torrent/bencode.ts"
import { encodeMessage, handshakeBytes, readFrames } from "./messages.ts"
import { clientOf, holdingsOf, hostOf, numberOf, payloadOf, pieceBytes, type Shape } from "./swarm.ts"

const [folder = ".", json = "{}"] = process.argv.slice(2)
const shape = JSON.parse(json) as Shape & { serves: boolean }
const payloads = Array.from({ length: shape.torrents }, (_, i) => payloadOf(i, shape))
const keyOf = (infoHash: Uint8Array) => Buffer.from(infoHash).toString("latin1")
const torrentOf = new Map(payloads.map(({ infoHash }, i) => [keyOf(infoHash), i]))
const marks = { connections: 0, open: 0, mostOpen: 0, firstAt: 0, sentBytes: 0 }

/** handshake, extension handshake (BEP 10), bitfield */
function greeting(n: number, torrent: number): { hello: Buffer; claim: Buffer } {
  const client = clientOf(n)
  const peerId = Buffer.from(client.prefix.padEnd(12, "0") + n.toString(16).padStart(8, "0"), "latin1")
  const extension = { m: {}, reqq: 250, ...(client.v === null ? {} : { v: client.v }) }
  return {
    hello: handshakeBytes(payloads[torrent]?.infoHash ?? new Uint8Array(20), peerId),
    claim: Buffer.concat([
      encodeMessage(20, Buffer.from([0]), encode(extension)),
      encodeMessage(5, holdingsOf(n, shape)),
    ]),
  }
}

function serve(socket: net.Socket, torrent: number, frame: Buffer): void {
  if (!shape.serves) return
  if (frame[0] === 2) socket.write(encodeMessage(1))
  if (frame[0] !== 6) return
  const [piece, offset, length] = [frame.readUInt32BE(1), frame.readUInt32BE(5), frame.readUInt32BE(9)]
  const block = payloads[torrent]?.read(piece, offset, Math.min(length, pieceBytes)) ?? new Uint8Array()
  marks.sentBytes += block.length
  socket.write(encodeMessage(7, frame.subarray(1, 9), block))
}

function meet(socket: net.Socket): void {
  if (marks.connections++ === 0) marks.firstAt = Date.now()
  marks.mostOpen = Math.max(marks.mostOpen, ++marks.open)
  socket.on("error", () => {})
  socket.on("close", () => marks.open--)
  let torrent: number | undefined
  const onFrame = readFrames((frame) => serve(socket, torrent ?? 0, frame))
  let waiting = Buffer.alloc(0)
  socket.on("data", (bytes) => {
    if (torrent !== undefined) return onFrame(bytes)
    waiting = Buffer.concat([waiting, bytes])
    if (waiting.length < 68) return
    torrent = torrentOf.get(waiting.toString("latin1", 28, 48))
    if (torrent === undefined) return void socket.destroy()
    const { hello, claim } = greeting(numberOf(socket.localAddress ?? ""), torrent)
    if (shape.holdMs === 0) socket.write(Buffer.concat([hello, claim]))
    else {
      socket.write(hello)
      setTimeout(() => socket.write(claim), shape.holdMs)
    }
    onFrame(waiting.subarray(68))
  })
}

/** All of them in one reply, however many are asked for. */
function announced(url: string, port: number): Uint8Array {
  const bytes = /[?&]info_hash=([^&]*)/.exec(url)?.[1] ?? ""
  const infoHash = bytes.replace(/%([\da-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  const torrent = torrentOf.get(infoHash)
  if (torrent === undefined) return encode({ "failure reason": "unknown torrent" })
  const numbers = Array.from({ length: shape.peers }, (_, i) => torrent * shape.peers + i)
  const incomplete = shape.leechers ? numbers.filter((n) => n % 4 === 3).length : 0
  const counts = { complete: shape.peers - incomplete, incomplete, downloaded: shape.peers }
  if (url.startsWith("/scrape")) return encode({ files: new Map([[infoHash, counts]]) })
  const peers = Buffer.alloc(6 * shape.peers)
  for (const [i, n] of numbers.entries()) {
    peers.set(hostOf(n).split(".").map(Number), 6 * i)
    peers.writeUInt16BE(port, 6 * i + 4)
  }
  return encode({ ...counts, interval: 1_800, peers })
}

const listening = (server: net.Server, host: string) =>
  new Promise<number>((resolve) => {
    server.listen({ host, port: 0, backlog: 4_096 }, () =>
      resolve((server.address() as net.AddressInfo).port),
    )
  })

const port = await listening(net.createServer({ noDelay: true }, meet), "0.0.0.0")
const tracker = createHttpServer((request, response) => void response.end(announced(request.url ?? "", port)))
const announceUrl = `http://127.0.0.1:${await listening(tracker, "127.0.0.1")}/announce`
for (const [i, payload] of payloads.entries())
  writeFileSync(join(folder, `${i}.torrent`), payload.torrentBytes([announceUrl]))
process.on("SIGUSR2", () => console.log(JSON.stringify(marks)))
console.log("ready")
process.stdin.on("end", () => process.exit()).resume()
