/**
 * Swarms on loopback that never stand still, in a process of its own: `swarm.ts FOLDER TORRENTS PEERS [lsd]`. In four seconds of every
 * twelve, eight peers of each leave and others come; each tracker is gone for three seconds of every twenty. Writes FOLDER/<n>.torrent,
 * and one line of JSON when it is ready; ends with its standard input.
 */
import { createSocket } from "node:dgram"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net"
import { join } from "node:path"
import DHT from "bittorrent-dht"
import { share } from "../../src/demo/holdings.ts"
import { clients } from "../../src/demo/identity.ts"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { createPayload, type Payload } from "../../src/demo/payload.ts"
import { startPeer, type Peer } from "../../src/demo/peer.ts"
import { startTracker, type DemoTracker } from "../../src/demo/tracker.ts"
import { guardLibraries } from "../../src/torrent/bencode.ts"

export interface SoakWorld {
  torrents: string[]
  /** Of DHT nodes. */
  bootstrap: number[]
}

const [folder = ".", torrents = "1", peers = "12", lsd = ""] = process.argv.slice(2)
const host = "127.0.0.1"
const network = loopbackNetwork()
const KiB = 1024
const [churnMs, busyTurns, calmTurns] = [500, 8, 16]
const [roundMs, goneMs] = [20_000, 3_000]
guardLibraries()

/** A port that always stays the same, before a tracker that comes and goes. */
async function flapping(url: string): Promise<{ url: string; stop(): void }> {
  const { port: behind } = new URL(url)
  const open = new Set<Socket>()
  const server: Server = createServer((socket) => {
    const on = connect(Number(behind), host)
    for (const [one, other] of [
      [socket, on],
      [on, socket],
    ] as const) {
      open.add(one)
      one
        .on("error", () => {})
        .on("close", () => {
          open.delete(one)
          other.destroy()
        })
      one.pipe(other)
    }
  })
  server.listen(0, host)
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.close()
    for (const socket of open) socket.destroy()
  }
  const timer = setInterval(() => {
    close()
    setTimeout(() => server.listen(port, host), goneMs).unref()
  }, roundMs)
  return {
    url: `http://${host}:${port}/announce`,
    stop() {
      clearInterval(timer)
      close()
    },
  }
}

const nodes: DHT[] = []
for (let i = 0; i < 8; i++) {
  const known = nodes.slice(0, 2).map((node) => ({ host, port: node.address().port }))
  const node = new DHT({ bootstrap: known.length > 0 ? known : false })
  node.on("error", () => {})
  node.listen(0, host)
  await once(node, "listening")
  nodes.push(node)
}

async function enter(payload: Payload, tracker: DemoTracker, turn: number): Promise<Peer> {
  const families = Object.values(clients)
  const client = families[turn % families.length]
  const peer = await startPeer(network, {
    payload,
    ...(client && { client }),
    ...(turn % 4 === 3 && { holds: share(payload.pieceCount, 0.5, turn), gainsPerSecond: 1 }),
  })
  const { infoHash, peerId, port } = { ...payload, ...peer }
  const leftBytes = turn % 4 === 3 ? payload.sizeBytes / 2 : 0
  await tracker.register({ infoHash, peerId, port, leftBytes: Math.floor(leftBytes) })
  nodes[turn % nodes.length]?.announce(Buffer.from(infoHash), port, () => {})
  return peer
}

const files: string[] = []
const undo: (() => unknown)[] = []
for (let n = 0; n < Number(torrents); n++) {
  const file = { path: ["soak.bin"], sizeBytes: 1024 * KiB }
  const payload = createPayload({ name: `soak-${n}`, seed: n + 1, pieceBytes: 64 * KiB, files: [file] })
  const tracker = await startTracker(network, { peersPerReply: 200 })
  const front = await flapping(tracker.httpUrl)
  const here: Peer[] = []
  let turn = n
  while (here.length < Number(peers)) here.push(await enter(payload, tracker, turn++))
  const path = join(folder, `${n}.torrent`)
  writeFileSync(path, payload.torrentBytes([front.url, tracker.udpUrl]))
  files.push(path)
  let beat = 0
  const churn = setInterval(() => {
    if (beat++ % (busyTurns + calmTurns) >= busyTurns) return
    void here.shift()?.stop()
    void enter(payload, tracker, turn++).then((peer) => here.push(peer))
  }, churnMs)
  undo.push(
    () => clearInterval(churn),
    () => front.stop(),
    () => tracker.stop(),
    () => here.map((peer) => peer.stop()),
  )
  if (lsd !== "") undo.push(sayAloud(payload.infoHash, () => here.at(-1)?.port ?? 6881))
}

/** BEP 14, oftener than a client would. */
function sayAloud(infoHash: Uint8Array, portNow: () => number): () => void {
  const group = { host: "239.192.152.143", port: 6771 }
  const socket = createSocket({ type: "udp4", reuseAddr: true })
  socket.on("error", () => {})
  const timer = setInterval(() => {
    const lines = [
      "BT-SEARCH * HTTP/1.1",
      `Host: ${group.host}:${group.port}`,
      `Port: ${portNow()}`,
      `Infohash: ${Buffer.from(infoHash).toString("hex")}`,
    ]
    socket.send(`${lines.join("\r\n")}\r\n\r\n\r\n`, group.port, group.host, () => {})
  }, 1_500)
  return () => {
    clearInterval(timer)
    socket.close()
  }
}

const bootstrap = nodes.map((node) => node.address().port)
process.stdout.write(`${JSON.stringify({ torrents: files, bootstrap } satisfies SoakWorld)}\n`)
process.stdin.on("data", () => {})
process.stdin.on("end", () => {
  for (const step of undo) step()
  for (const node of nodes) node.destroy()
  setTimeout(() => process.exit(), 1_000).unref()
})
