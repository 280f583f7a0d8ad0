/**
 * MSE as initiator (A), the other side being B:
 *   1. A → B  Ya, PadA
 *   2. B → A  Yb, PadB
 *   3. A → B  HASH('req1', S), HASH('req2', SKEY) xor HASH('req3', S), ENCRYPT(VC, crypto_provide, len(PadC), PadC, len(IA)), ENCRYPT(IA)
 *   4. B → A  ENCRYPT(VC, crypto_select, len(PadD), PadD), and from here on what was selected
 */
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
import { ciphersOf, syncMark, torrentMark } from "./secrets.ts"

export interface InitiatorOptions {
  infoHash: Uint8Array
  offers: "any" | "rc4"
  /** IA: goes along with the handshake, at most 65,535 bytes. */
  initialPayload?: Uint8Array
  randomBytes: Network["randomBytes"]
}

/**
 * One secret in 256. libtorrent up to 2.0.11 and rTorrent's own before August 2026 then hash something else than the specification says and
 * close: another attempt has another secret.
 */
export const shortSecret = "the shared secret begins with a zero, which some clients get wrong"

export const initiate = (options: InitiatorOptions) =>
  function* ({ inbox, send, note }: Desk): Steps {
    const { infoHash, randomBytes, initialPayload = new Uint8Array() } = options
    const keys = createKeyPair(randomBytes)
    send(keys.publicKey, randomPad(randomBytes))

    yield greeting.length
    if (inbox.peek(greeting.length).equals(greeting)) return fail("encryption", "answered in the clear")
    yield keyBytes
    const secret = keys.agree(inbox.take(keyBytes))
    if (secret === null) return fail("encryption", "a public key that gives the secret away")

    if (secret[0] === 0) note(shortSecret)
    const ciphers = ciphersOf("initiator", secret, infoHash)
    const provided = options.offers === "rc4" ? methods.rc4 : methods.rc4 | methods.plaintext
    const payloadLength = Buffer.alloc(2)
    payloadLength.writeUInt16BE(initialPayload.length)
    send(
      syncMark(secret),
      torrentMark(secret, infoHash),
      sealed(ciphers, provided, payloadLength, initialPayload),
    )

    const constant = new Uint8Array(constantBytes)
    ciphers.decrypt(constant)
    if (!(yield* passedOver(inbox, constant))) return fail("encryption", "no answer within the padding")
    const answer = yield* opened(inbox, ciphers, 6)
    const selected = answer.readUInt32BE(0)
    const padBytes = answer.readUInt16BE(4)
    if ((selected !== methods.plaintext && selected !== methods.rc4) || (selected & provided) === 0)
      return fail("encryption", "selected what was not offered")
    if (padBytes > maxPadBytes) return fail("encryption", "too much padding")
    yield* opened(inbox, ciphers, padBytes)
    const payload = new Uint8Array()
    return selected === methods.rc4
      ? succeed({ encryption: "mse-rc4", ciphers, payload })
      : succeed({ encryption: "mse-plaintext", ciphers: null, payload })
  }
