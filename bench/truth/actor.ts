/**
 * Some of the cast, in a namespace: listen, announce themselves, print one line of JSON, and play until they are stopped.
 *
 *   ip netns exec NAMESPACE node actor.ts '{"role", "addresses", "secret", "announceUrls", …}'
 */
import { createHash } from "node:crypto"
import { get } from "node:http"
import { makePeerId } from "../../src/demo/identity.ts"
import { startPeer, type Peer } from "../../src/demo/peer.ts"
import type { Payload } from "../../src/demo/payload.ts"
import { realNetwork } from "../../src/network.ts"
import { countPieces, fullBitfield, toBase64 } from "../../src/torrent/bitfield.ts"
import { createPayload } from "../../test/clients/payload.ts"
import { roleOf, type RoleName } from "./roles.ts"

export interface ActorOptions {
  role: RoleName
  /** One peer each, or as many as the role has on one host. */
  addresses: readonly string[]
  /** Of whoever shares a peer id; null: everybody has their own. */
  secret: string | null
  /** Scratch space. */
  directory: string
  announceUrls: readonly string[]
  bytesPerSecond: number | null
  payload: { name: string; sizeBytes: number; pieceBytes: number }
}

export interface Ready {
  peers: readonly {
    address: string
    port: number
    /** Base64: what it says it holds; all, of who gains pieces meanwhile. */
    claims: string
  }[]
}

const patienceMs = 15_000
/** How soon a tracker hears that somebody has everything. */
const completedMs = 500

/** The lab's payload, as the demo's peers read it. */
function payloadOf({ directory, payload: { name, sizeBytes, pieceBytes } }: ActorOptions): Payload {
  const made = createPayload({ directory, name, sizeBytes, pieceBytes, trackers: [] })
  const pieceLength = (piece: number) => Math.max(0, Math.min(pieceBytes, sizeBytes - piece * pieceBytes))
  return {
    pieceBytes,
    pieceCount: made.pieceCount,
    sizeBytes,
    infoHash: Buffer.from(made.infoHash, "hex"),
    pieceHashes: new Uint8Array(),
    pieceLength,
    read: (piece, offset, length) =>
      offset + length > pieceLength(piece)
        ? new Uint8Array()
        : made.bytesOf(piece).subarray(offset, offset + length),
    hashes: null,
    torrentBytes: () => made.torrentBytes,
  }
}

interface Announcer {
  infoHash: Uint8Array
  peerId: Uint8Array
  port: number
  leftBytes: number
  event: "started" | "completed"
}

/** A tracker goes by the address that it is asked from. */
function announce(url: string, localAddress: string, who: Announcer): Promise<void> {
  const escape = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex").replace(/../g, "%$&")
  const query = [
    `info_hash=${escape(who.infoHash)}`,
    `peer_id=${escape(who.peerId)}`,
    `port=${who.port}`,
    `left=${who.leftBytes}`,
    `uploaded=0&downloaded=0&compact=1&numwant=1&event=${who.event}`,
  ]
  return new Promise((resolve, reject) => {
    const options = { localAddress, agent: false, signal: AbortSignal.timeout(patienceMs) }
    get(`${url}?${query.join("&")}`, options, (response) => {
      let body = ""
      response.setEncoding("latin1")
      response.on("data", (text: string) => (body += text))
      response.on("error", reject)
      response.on("end", () => {
        if (response.statusCode === 200 && !body.includes("failure reason")) resolve()
        else reject(new Error(`the tracker refused: ${body}`))
      })
    }).on("error", reject)
  })
}

async function main(options: ActorOptions): Promise<void> {
  const payload = payloadOf(options)
  const role = roleOf(options.role)
  const started: { address: string; peer: Peer; gains: boolean }[] = []
  for (const address of options.addresses) {
    const network = realNetwork({ bind: { ipv4: address }, families: ["ipv4"] })
    for (let at = 0; at < (role.perHost ?? 1); at++) {
      const own = role.options(payload.pieceCount, started.length)
      const peerId =
        options.secret === null || own.client === undefined
          ? {}
          : { peerId: makePeerId(own.client, createHash("sha1").update(options.secret).digest()) }
      const rate = options.bytesPerSecond === null ? {} : { bytesPerSecond: options.bytesPerSecond }
      const peer = await startPeer(network, { ...own, ...peerId, ...rate, payload })
      started.push({ address, peer, gains: role.gains === true || own.gainsPerSecond !== undefined })
    }
  }
  const tell = async ({ address, peer }: { address: string; peer: Peer }, event: Announcer["event"]) => {
    const leftBytes = (payload.pieceCount - countPieces(peer.claims)) * payload.pieceBytes
    const who = { infoHash: payload.infoHash, peerId: peer.peerId, port: peer.port, leftBytes, event }
    await Promise.all(options.announceUrls.map((url) => announce(url, address, who)))
  }
  for (const each of started) await tell(each, "started")
  const unfinished = new Set(
    started.filter(({ peer, gains }) => gains && countPieces(peer.claims) < payload.pieceCount),
  )
  setInterval(() => {
    for (const each of unfinished)
      if (countPieces(each.peer.claims) === payload.pieceCount) {
        unfinished.delete(each)
        void tell(each, "completed")
      }
  }, completedMs)
  const ready: Ready = {
    peers: started.map(({ address, peer, gains }) => ({
      address,
      port: peer.port,
      claims: toBase64(gains ? fullBitfield(payload.pieceCount) : peer.claims),
    })),
  }
  console.log(JSON.stringify(ready))
}

await main(JSON.parse(process.argv[2] ?? "{}") as ActorOptions)
