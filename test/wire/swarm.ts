/** A small payload and the swarm around it, as a session needs it. */
import { createHash, randomBytes } from "node:crypto"
import { realNetwork } from "../../src/network.ts"
import type { Swarm } from "../../src/wire/session.ts"
import { createThrottle, type ThrottleOptions } from "../../src/wire/throttle.ts"

const pieceBytes = 65_536
const pieceCount = 6
/** The last piece has one whole block and a short one. */
const sizeBytes = 5 * pieceBytes + 20_000

export const payload = randomBytes(sizeBytes)
export const infoHash = randomBytes(20)
export const auditorId = Buffer.from("-TA0100-auditor12345")
export const remoteId = Buffer.from("-qB4520-remotepeer12")

export const pieceAt = (piece: number): Buffer =>
  payload.subarray(piece * pieceBytes, (piece + 1) * pieceBytes)
export const blockAt = (piece: number, offset: number, length: number): Buffer =>
  pieceAt(piece).subarray(offset, offset + length)

const pieceHashes = Buffer.concat(
  Array.from({ length: pieceCount }, (_, piece) => createHash("sha1").update(pieceAt(piece)).digest()),
)

export const uncapped: Omit<ThrottleOptions, "network"> = {
  totalBytesPerSecond: Infinity,
  peerBytesPerSecond: Infinity,
  maxBytes: Infinity,
}

export function testSwarm(over: Partial<Swarm> = {}, caps: Partial<ThrottleOptions> = {}): Swarm {
  const network = realNetwork()
  return {
    infoHash,
    peerId: auditorId,
    torrent: {
      name: "payload",
      infoHashV1: infoHash.toString("hex"),
      infoHashV2: null,
      private: false,
      sizeBytes,
      pieceBytes,
      pieceCount,
      files: [],
    },
    pieceHashes,
    listenPort: 6_999,
    clientVersion: "torrent-audit 0.1.0",
    network,
    startedMs: network.now(),
    throttle: createThrottle({ ...uncapped, ...caps, network }),
    ...over,
  }
}
