/** Message stream encryption (MSE/PE): Diffie–Hellman over 768 bits, then RC4 or plaintext as both agree. */
import type { EncryptionPolicy } from "../evidence.ts"
import { succeed, type Outcome } from "../failure.ts"
import type { Connection, Network } from "../network.ts"
import { createHandshake } from "./mse/handshake.ts"
import { initiate } from "./mse/initiator.ts"
import { negotiate } from "./mse/negotiate.ts"
import { receive } from "./mse/receiver.ts"

export { shortSecret } from "./mse/initiator.ts"

type Tools = Pick<Network, "now" | "sleep" | "randomBytes">

/**
 * As initiator: a connection whose stream is in the clear, and whose `encryption` is what the other side selected. On failure
 * it is closed: `encryption` when the bytes were no MSE or no method was agreed on, `handshake-timeout`, `aborted`, or as it ended;
 * `shortSecret` as detail of an end: bad luck, worth another attempt of the same kind.
 * `offers`: RC4 alone, or plaintext after the handshake as well. `initialPayload`: goes along with the handshake before it is
 * answered, at most 65,535 bytes.
 */
export function encryptOutgoing(
  connection: Connection,
  options: {
    infoHash: Uint8Array
    offers: "any" | "rc4"
    initialPayload?: Uint8Array
    network: Tools
    timeoutMs: number
    signal: AbortSignal
  },
): Promise<Outcome<Connection>> {
  const { randomBytes } = options.network
  return negotiate(connection, createHandshake(initiate({ ...options, randomBytes })), options)
}

/**
 * As receiver: reads the first bytes; a connection that is encrypted already passes, for they were read before. A BitTorrent handshake in the clear passes as it came (`encryption` none), unless the policy
 * is `require`; anything else must be MSE for one of the info hashes, unless the policy is `off`. On failure it is closed, and
 * `wrong-info-hash` is one more reason. `onNamed`: told which info hash the peer means, before the connection is there; one in the
 * clear is then waited for until it says it.
 */
export function receiveEncryption(
  connection: Connection,
  options: {
    infoHashes: readonly Uint8Array[]
    policy: EncryptionPolicy
    network: Tools
    timeoutMs: number
    signal?: AbortSignal
    onNamed?: (infoHash: Uint8Array) => void
  },
): Promise<Outcome<Connection>> {
  if (connection.encryption !== "none") return Promise.resolve(succeed(connection))
  const { randomBytes } = options.network
  const handshake = createHandshake(receive({ ...options, randomBytes }))
  return negotiate(connection, handshake, {
    ...options,
    signal: options.signal ?? new AbortController().signal,
  })
}
