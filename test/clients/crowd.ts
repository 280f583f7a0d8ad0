/**
 * Many small peers on one host, each with an address of its own: all announce over UDP (BEP 15), a quarter listen.
 *
 *   ip netns exec NAMESPACE node crowd.ts '{"infoHash", "tracker", "trackerPort", "port", "pieceCount", "addresses", "seeders"}'
 *
 * Those that listen hand over a bitfield and never unchoke; the others refuse, as hosts behind a NAT or gone do. Prints
 * `ready` once every announce was answered.
 */
import { randomBytes } from "node:crypto"
import dgram from "node:dgram"
import net from "node:net"

interface Options {
  infoHash: string
  tracker: string
  trackerPort: number
  port: number
  pieceCount: number
  addresses: string[]
  /** So many of them announce that nothing is left, and hold everything. */
  seeders: number
}

const options = JSON.parse(process.argv[2] ?? "{}") as Options
const infoHash = Buffer.from(options.infoHash, "hex")
const peerId = () => Buffer.concat([Buffer.from("-CR0001-"), randomBytes(12)])

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4))
  return bytes
}

/** connect: magic, action 0, transaction → connection id. announce: 98 bytes → interval, leechers, seeders, peers. */
function announce(address: string, seeder: boolean): Promise<void> {
  const socket = dgram.createSocket("udp4")
  const left = words(0, seeder ? 0 : 1_000_000)
  const none = words(0, 0)
  return new Promise((resolve) => {
    const send = (message: Buffer) => socket.send(message, options.trackerPort, options.tracker)
    const hello = () => send(Buffer.concat([Buffer.from("0000041727101980", "hex"), words(0, 7)]))
    const retry = setInterval(hello, 1_000)
    socket.on("message", (reply) => {
      if (reply.readUInt32BE(0) === 0) {
        // connection, action, transaction, hash, id, downloaded, left, uploaded, event started, ip, key, numwant, port
        const head = [reply.subarray(8, 16), words(1, 8), infoHash, peerId(), none, left, none]
        const tail = Buffer.alloc(2)
        tail.writeUInt16BE(options.port)
        return send(Buffer.concat([...head, words(2, 0, 0, 0), tail]))
      }
      clearInterval(retry)
      socket.close()
      resolve()
    })
    socket.bind(0, address, hello)
  })
}

function listen(address: string, seeder: boolean): void {
  const bits = Buffer.alloc(Math.ceil(options.pieceCount / 8))
  const held = seeder ? options.pieceCount : options.pieceCount >> 1
  for (let piece = 0; piece < held; piece++)
    bits[piece >> 3] = (bits[piece >> 3] ?? 0) | (0x80 >> (piece & 7))
  const id = peerId()
  net
    .createServer((socket) => {
      socket.on("error", () => socket.destroy())
      socket.once("data", () => {
        const hello = [Buffer.from("\x13BitTorrent protocol"), Buffer.alloc(8), infoHash, id]
        socket.write(Buffer.concat([...hello, words(bits.length + 1), Buffer.from([5]), bits]))
        socket.resume()
      })
    })
    .listen(options.port, address)
}

const isSeeder = (index: number) => index < options.seeders
options.addresses.forEach((address, index) => {
  if (index % 4 === 0) listen(address, isSeeder(index))
})
await Promise.all(options.addresses.map((address, index) => announce(address, isSeeder(index))))
console.log("ready")
