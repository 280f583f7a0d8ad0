/** Message stream encryption (MSE) gone wrong. The stranger closes whatever comes in the clear, so that we dial it encrypted. */
import { randomBytes } from "node:crypto"
import { createKeyPair, keyBytes } from "../../../src/wire/mse/diffie-hellman.ts"
import { ciphersOf } from "../../../src/wire/mse/secrets.ts"
import type { HostileCase } from "../case.ts"
import { peerCase, type Act, type PeerCase, type Visitor } from "./peer-stage.ts"

/** With our public key of 96 bytes; padding and more may follow it. */
const encrypted =
  (answer: (visitor: Visitor, key: Buffer) => void): Act =>
  (visitor) => {
    let first = Buffer.alloc(0)
    const hear = (bytes: Buffer) => {
      first = Buffer.concat([first, bytes])
      if (first[0] === 19) visitor.socket.destroy()
      if (first[0] === 19 || first.length < keyBytes) return
      visitor.socket.off("data", hear)
      answer(visitor, first.subarray(0, keyBytes))
    }
    visitor.socket.on("data", hear)
  }

const P =
  "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22" +
  "514a08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563"
const number = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(2 * keyBytes, "0"), "hex")

/** Agrees on a key, and then says this, encrypted as it should be: VC, crypto_select, len(PadD), PadD, and what follows. */
const agreed = (method: number, padBytes: number, more: Uint8Array): Act =>
  encrypted(({ send, infoHash }, key) => {
    const keys = createKeyPair(randomBytes)
    const secret = keys.agree(key)
    if (secret === null) return
    const answer = Buffer.alloc(14)
    answer.writeUInt32BE(method >>> 0, 8)
    answer.writeUInt16BE(padBytes, 12)
    const sealed = Buffer.concat([answer, more])
    ciphersOf("receiver", secret, infoHash).encrypt(sealed)
    send(keys.publicKey, sealed)
  })

const knownKey = /encryption: a public key that gives the secret away/

const behaviours: readonly (Pick<PeerCase, "id" | "does" | "bound" | "act"> & { ended?: RegExp })[] = [
  ...(
    [
      ["one", "1", 1n],
      ["p-minus-one", "P−1", BigInt(`0x${P}`) - 1n],
      ["largest", "2⁷⁶⁸−1", 2n ** 768n - 1n],
    ] as const
  ).map(([id, name, value]) => ({
    id: `key-${id}`,
    does: `answers with the public key ${name}`,
    bound: "MSE key range",
    act: encrypted(({ send }) => send(number(value))),
    ended: knownKey,
  })),
  {
    id: "mute",
    does: "takes our key and never answers",
    bound: "contact.encryptionMs",
    act: encrypted(() => {}),
    ended: /handshake-timeout/,
  },
  {
    id: "drip",
    does: "answers with its key at one byte a second",
    bound: "contact.encryptionMs",
    act: encrypted(({ drip }) => drip(randomBytes(96).fill(2, 0, 1), 1_000)),
    ended: /handshake-timeout/,
  },
  {
    id: "endless-padding",
    does: "pads its answer for ever",
    bound: "MSE padding of 512 bytes",
    act: encrypted(({ send, flood }) => {
      send(createKeyPair(randomBytes).publicKey)
      flood(randomBytes(65_536))
    }),
    ended: /encryption: no answer within the padding/,
  },
  {
    id: "reflects",
    does: "sends all our bytes back",
    bound: "MSE padding of 512 bytes",
    act: encrypted(({ send, socket }, key) => {
      send(key)
      socket.pipe(socket)
    }),
    // Our own padding, which comes back, may be as long as its may be. Closed is what it did to the dial in the clear.
    ended: /^(handshake-timeout|encryption)/,
  },
  {
    id: "in-the-clear",
    does: "answers an encrypted handshake in the clear",
    bound: "MSE",
    act: encrypted(({ send }) => send(Buffer.from("\x13BitTorrent protocol".padEnd(200), "latin1"))),
    ended: /encryption: answered in the clear/,
  },
  ...[0, 3].map((method) => ({
    id: `selects-${method === 0 ? "nothing" : "both"}`,
    does: `selects method ${method}`,
    bound: "MSE methods",
    act: agreed(method, 0, new Uint8Array()),
    ended: /encryption: selected what was not offered/,
  })),
  {
    id: "long-padding",
    does: "announces 65,535 bytes of padding, and sends them",
    bound: "MSE padding of 512 bytes",
    act: agreed(2, 65_535, new Uint8Array(65_535)),
    ended: /encryption: too much padding/,
  },
  {
    id: "garbage-after",
    does: "agrees on RC4 and then sends anything",
    bound: "BEP 3 handshake",
    act: agreed(2, 0, randomBytes(500_000)),
    ended: /protocol-error: not a BitTorrent handshake/,
  },
]

export const peerEncryptedCases: readonly HostileCase[] = behaviours.map(({ id, ...rest }) =>
  peerCase({ id: `encrypted-${id}`, stranger: "encrypted-peer", ...rest }),
)
