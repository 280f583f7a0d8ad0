/** MSE as receiver: the other side of initiator.ts, which shows the messages. A peer that doesn't encrypt may pass. */
import type { EncryptionPolicy } from "../../evidence.ts"
import { fail, succeed } from "../../failure.ts"
import type { Network } from "../../network.ts"
import { createKeyPair, keyBytes } from "./diffie-hellman.ts"
import {
  constantBytes,
  greeting,
  maxPadBytes,
  methods,
  opened,
  passedOver,
  randomPad,
  sealed,
} from "./fields.ts"
import type { Desk, Steps } from "./handshake.ts"
import type { Inbox } from "./inbox.ts"
import { ciphersOf, syncMark, torrentMark } from "./secrets.ts"

export interface ReceiverOptions {
  infoHashes: readonly Uint8Array[]
  policy: EncryptionPolicy
  randomBytes: Network["randomBytes"]
  /** Which of them the peer means; in the clear, any. */
  onNamed?: (infoHash: Uint8Array) => void
}

/** Of a handshake in the clear (BEP 3): after 1 + 19 bytes of greeting and 8 reserved ones. */
const infoHashAt = 28
const infoHashBytes = 20

export const receive = ({ infoHashes, policy, randomBytes, onNamed }: ReceiverOptions) =>
  function* ({ inbox, send }: Desk): Steps {
    const isPlain = yield* greets(inbox)
    if (isPlain && policy === "require") return fail("encryption", "dialled in the clear")
    if (isPlain && onNamed) {
      yield infoHashAt + infoHashBytes
      onNamed(Uint8Array.from(inbox.peek(infoHashAt + infoHashBytes).subarray(infoHashAt)))
    }
    if (isPlain) return succeed({ encryption: "none", ciphers: null, payload: new Uint8Array() })
    if (policy === "off") return fail("encryption", "no handshake in the clear")

    yield keyBytes
    const keys = createKeyPair(randomBytes)
    const secret = keys.agree(inbox.take(keyBytes))
    if (secret === null) return fail("encryption", "a public key that gives the secret away")
    send(keys.publicKey, randomPad(randomBytes))

    const mark = syncMark(secret)
    if (!(yield* passedOver(inbox, mark))) return fail("encryption", "no request within the padding")
    yield mark.length
    const torrent = inbox.take(mark.length)
    const infoHash = infoHashes.find((each) => torrent.equals(torrentMark(secret, each)))
    if (infoHash === undefined) return fail("wrong-info-hash")
    onNamed?.(infoHash)

    const ciphers = ciphersOf("receiver", secret, infoHash)
    const request = yield* opened(inbox, ciphers, constantBytes + 6)
    if (!request.subarray(0, constantBytes).equals(Buffer.alloc(constantBytes)))
      return fail("encryption", "keys differ")
    const padBytes = request.readUInt16BE(constantBytes + 4)
    const selected = select(request.readUInt32BE(constantBytes), policy)
    if (selected === null) return fail("encryption", "no method that both have")
    if (padBytes > maxPadBytes) return fail("encryption", "too much padding")
    const padding = yield* opened(inbox, ciphers, padBytes + 2)
    send(sealed(ciphers, methods[selected]))
    const payload = yield* opened(inbox, ciphers, padding.readUInt16BE(padBytes))
    return selected === "rc4"
      ? succeed({ encryption: "mse-rc4", ciphers, payload })
      : succeed({ encryption: "mse-plaintext", ciphers: null, payload })
  }

/** Whether the first bytes are a handshake in the clear; a byte that isn't ends the wait. */
function* greets(inbox: Inbox): Generator<number, boolean, void> {
  for (let count = 1; ; count = inbox.length + 1) {
    yield count
    const first = inbox.peek(greeting.length)
    if (!first.equals(greeting.subarray(0, first.length))) return false
    if (first.length === greeting.length) return true
  }
}

/** The cheaper one where we don't insist on a cipher. */
function select(provided: number, policy: EncryptionPolicy): keyof typeof methods | null {
  if (policy !== "require" && (provided & methods.plaintext) !== 0) return "plaintext"
  return (provided & methods.rc4) !== 0 ? "rc4" : null
}
