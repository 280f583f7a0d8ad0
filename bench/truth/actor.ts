/**
 * One of the cast, in a namespace: listens, announces itself, prints one line of JSON, and plays until it is stopped.
 *
 *   ip netns exec NAMESPACE node actor.ts '{"role", "address", "directory", "announceUrl", "bytesPerSecond", "payload"}'
 */
import { startPeer } from "../../src/demo/peer.ts"
import type { Payload } from "../../src/demo/payload.ts"
import { realNetwork } from "../../src/network.ts"
import { countPieces, toBase64 } from "../../src/torrent/bitfield.ts"
import { createPayload } from "../../test/clients/payload.ts"
import { roles, type RoleName } from "./roles.ts"

export interface ActorOptions {
  role: RoleName
  address: string
  /** Scratch space. */
  directory: string
  announceUrl: string
  bytesPerSecond: number | null
  payload: { name: string; sizeBytes: number; pieceBytes: number }
}

export interface Ready {
  port: number
  /** Base64: what it says it holds. */
  claims: string
}

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

async function announce(
  url: string,
  who: { infoHash: Uint8Array; peerId: Uint8Array; port: number; leftBytes: number },
): Promise<void> {
  const escape = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex").replace(/../g, "%$&")
  const query = [
    `info_hash=${escape(who.infoHash)}`,
    `peer_id=${escape(who.peerId)}`,
    `port=${who.port}`,
    `left=${who.leftBytes}`,
    "uploaded=0&downloaded=0&compact=1&numwant=1&event=started",
  ]
  const reply = await fetch(`${url}?${query.join("&")}`)
  const body = Buffer.from(await reply.arrayBuffer()).toString("latin1")
  if (!reply.ok || body.includes("failure reason")) throw new Error(`the tracker refused: ${body}`)
}

async function main(options: ActorOptions): Promise<void> {
  const payload = payloadOf(options)
  const peer = await startPeer(realNetwork({ bind: { ipv4: options.address }, families: ["ipv4"] }), {
    ...roles[options.role].options(payload.pieceCount),
    ...(options.bytesPerSecond === null ? {} : { bytesPerSecond: options.bytesPerSecond }),
    payload,
  })
  const leftBytes = (payload.pieceCount - countPieces(peer.claims)) * payload.pieceBytes
  await announce(options.announceUrl, { ...payload, ...peer, leftBytes })
  const ready: Ready = { port: peer.port, claims: toBase64(peer.claims) }
  console.log(JSON.stringify(ready))
}

await main(JSON.parse(process.argv[2] ?? "{}") as ActorOptions)
