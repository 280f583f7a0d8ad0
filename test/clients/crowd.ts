/**
 * Many small peers on one host, each with an address of its own, that announce over UDP (BEP 15).
 *
 *   ip netns exec NAMESPACE node crowd.ts FILE
 *
 * Those that listen hand over a bitfield and never unchoke; the others refuse, as hosts behind a NAT or gone do. Prints
 * `ready` and the info hash once every announce was answered.
 */
import { randomBytes } from "node:crypto"
import dgram from "node:dgram"
import { readFileSync, writeFileSync } from "node:fs"
import net from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { drop } from "./firewall.ts"
import type { Host, Lab } from "./netns.ts"
import type { Payload } from "./payload.ts"
import { tail, until } from "./processes.ts"

export interface CrowdPeer {
  address: string
  /** Announces that nothing is left, and holds everything; else the first half. */
  seeder: boolean
  listens: boolean
  /** Where it announces, over UDP. */
  trackers: { host: string; port: number }[]
}

interface Options {
  infoHash: string
  port: number
  pieceCount: number
  peers: CrowdPeer[]
}

const script = fileURLToPath(import.meta.url)
const crowdPort = 6881
const readyMs = 30_000

/**
 * A host with all their addresses. One for several swarms: Linux remembers no more than 1,024 neighbours, of all namespaces
 * together, and beyond that packets are lost.
 */
export async function addCrowdHost(lab: Lab, name: string, addresses: readonly string[]): Promise<Host> {
  const host = await lab.addHost(name, { isolated: true })
  const commands = addresses.map((address) => `ip addr add ${address}/16 dev eth0`)
  await lab.run(host, "sh", ["-ec", commands.join("\n")])
  return host
}

/** Resolves once the trackers know them all. */
export async function startCrowd(
  lab: Lab,
  host: Host,
  payload: Payload,
  peers: readonly CrowdPeer[],
): Promise<void> {
  const { infoHash, pieceCount } = payload
  const options = join(host.directory, "crowd.json")
  writeFileSync(options, JSON.stringify({ infoHash, pieceCount, port: crowdPort, peers }))
  const child = lab.start(host, process.execPath, [script, options])
  // Crowds of one host share a log: only the word of this one counts.
  await until(host.name, readyMs, () => tail(child.logFile).includes(`ready ${infoHash}`) || null)
}

/** They leave without a word: whoever dials them hears nothing. */
export async function strand(lab: Lab, host: Host, peers: readonly CrowdPeer[]): Promise<void> {
  await drop(lab, host, `ip daddr { ${peers.map(({ address }) => address).join(", ")} }`)
}

const peerId = () => Buffer.concat([Buffer.from("-CR0001-"), randomBytes(12)])

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4))
  return bytes
}

/** connect: magic, action 0, transaction → connection id. announce: 98 bytes → interval, leechers, seeders, peers. */
function announce(
  options: Options,
  { address, seeder }: CrowdPeer,
  tracker: CrowdPeer["trackers"][number],
): Promise<void> {
  const socket = dgram.createSocket("udp4")
  const infoHash = Buffer.from(options.infoHash, "hex")
  const left = words(0, seeder ? 0 : 1_000_000)
  const none = words(0, 0)
  return new Promise((resolve) => {
    const send = (message: Buffer) => socket.send(message, tracker.port, tracker.host)
    const hello = () => send(Buffer.concat([Buffer.from("0000041727101980", "hex"), words(0, 7)]))
    const retry = setInterval(hello, 1_000)
    socket.on("message", (reply) => {
      if (reply.readUInt32BE(0) === 0) {
        // connection, action, transaction, hash, id, downloaded, left, uploaded, event started, ip, key, numwant, port
        const head = [reply.subarray(8, 16), words(1, 8), infoHash, peerId(), none, left, none]
        const rest = Buffer.alloc(2)
        rest.writeUInt16BE(options.port)
        return send(Buffer.concat([...head, words(2, 0, 0, 0), rest]))
      }
      clearInterval(retry)
      socket.close()
      resolve()
    })
    socket.bind(0, address, hello)
  })
}

function listen({ pieceCount, port, infoHash }: Options, { address, seeder }: CrowdPeer): void {
  const bits = Buffer.alloc(Math.ceil(pieceCount / 8))
  const held = seeder ? pieceCount : pieceCount >> 1
  for (let piece = 0; piece < held; piece++)
    bits[piece >> 3] = (bits[piece >> 3] ?? 0) | (0x80 >> (piece & 7))
  const id = peerId()
  net
    .createServer((socket) => {
      socket.on("error", () => socket.destroy())
      socket.once("data", () => {
        const protocol = [Buffer.from("\x13BitTorrent protocol"), Buffer.alloc(8)]
        const hello = [...protocol, Buffer.from(infoHash, "hex"), id]
        socket.write(Buffer.concat([...hello, words(bits.length + 1), Buffer.from([5]), bits]))
        socket.resume()
      })
    })
    .listen(port, address)
}

const [, started, file] = process.argv
if (started === script && file) {
  const options = JSON.parse(readFileSync(file, "utf8")) as Options
  for (const peer of options.peers) if (peer.listens) listen(options, peer)
  await Promise.all(
    options.peers.flatMap((peer) => peer.trackers.map((tracker) => announce(options, peer, tracker))),
  )
  console.log(`ready ${options.infoHash}`)
}
