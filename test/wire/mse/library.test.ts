/** Encryption with the npm library bittorrent-protocol at the other end, under a whole session. */
import type { Duplex } from "node:stream"
import Wire from "bittorrent-protocol"
import { describe, expect, it, onTestFinished } from "vitest"
import { failure } from "../../../src/failure.ts"
import { encryptOutgoing, receiveEncryption } from "../../../src/wire/mse.ts"
import { accept, converse, type Session } from "../../../src/wire/session.ts"
import { never } from "../scripted-peer.ts"
import { blockAt, infoHash, remoteId, testSwarm } from "../swarm.ts"
import { link, network, valueOf } from "./link.ts"

const timeoutMs = 10_000

/** The part that its types leave out. */
interface Encrypting {
  startEncryption(infoHash: string): void
  setInfoHash(infoHash: string): void
}

/** 1 plaintext, 2 RC4; private in the library. */
const methodOf = (wire: object): unknown => Reflect.get(wire, "_encryptionMethod")

/** A seeder. 1: prefers plaintext after the handshake, 2: RC4 alone. */
function librarySeeder(direction: "tcpIncoming" | "tcpOutgoing", policy: 1 | 2, stream: Duplex) {
  const wire = new Wire(direction, policy) as Wire & Encrypting
  const greet = () => wire.handshake(infoHash, remoteId, { fast: true })
  wire.on("error", () => {})
  wire.on("handshake", () => {
    if (direction === "tcpIncoming") greet()
    wire.haveAll()
    wire.unchoke()
  })
  wire.on("crypto-infohash", () => wire.setInfoHash(infoHash.toString("hex")))
  wire.on("request", (piece, offset, length, respond) => respond(null, blockAt(piece, offset, length)))
  stream.pipe(wire as unknown as Duplex).pipe(stream)
  if (direction === "tcpOutgoing") {
    wire.on("crypto-handshake", greet)
    wire.startEncryption(infoHash.toString("hex"))
  }
  return wire
}

async function sampled(session: Session): Promise<boolean[]> {
  onTestFinished(() => session.close(failure("idle")))
  expect(await session.claimed).toBe(true)
  session.showInterest()
  expect(await session.untilUnchoked(timeoutMs, never)).toBe(true)
  const samples = await Promise.all([0, 1, 2, 3, 4, 5].map((piece) => session.fetch(piece, never)))
  return samples.map(({ verified }) => verified === true)
}

const allVerified = [true, true, true, true, true, true]

describe("bittorrent-protocol", () => {
  it.each([
    ["any", 1, "mse-plaintext"],
    ["any", 2, "mse-rc4"],
    ["rc4", 1, "mse-rc4"],
    ["rc4", 2, "mse-rc4"],
  ] as const)("is dialled with %s and insists on %s: %s", async (offers, theirs, encryption) => {
    const { dialler, listener } = await link()
    const wire = librarySeeder("tcpIncoming", theirs, listener.stream)
    const encrypted = valueOf(
      await encryptOutgoing(dialler, { infoHash, offers, network, timeoutMs, signal: never }),
    )
    expect(encrypted.encryption).toBe(encryption)
    const session = converse(testSwarm(), encrypted, "outgoing", network.now())
    expect(await sampled(session)).toEqual(allVerified)
    expect(methodOf(wire)).toBe(encryption === "mse-rc4" ? 2 : 1)
  })

  it.each([
    [1, "prefer", "mse-plaintext"],
    [2, "prefer", "mse-rc4"],
    [1, "require", "mse-rc4"],
    [2, "require", "mse-rc4"],
  ] as const)("dials us and offers %s, while we %s: %s", async (theirs, policy, encryption) => {
    const { dialler, listener } = await link()
    const wire = librarySeeder("tcpOutgoing", theirs, dialler.stream)
    const encrypted = valueOf(
      await receiveEncryption(listener, { infoHashes: [infoHash], policy, network, timeoutMs }),
    )
    expect(encrypted.encryption).toBe(encryption)
    expect(await sampled(accept(testSwarm(), encrypted))).toEqual(allVerified)
    expect(methodOf(wire)).toBe(encryption === "mse-rc4" ? 2 : 1)
  })
})
