/** Message stream encryption (MSE/PE): Diffie–Hellman over 768 bits, then RC4 or plaintext as both agree. */
import type { EncryptionPolicy } from "../evidence.ts"
import { failure, fail, type Outcome } from "../failure.ts"
import type { Connection, Network } from "../network.ts"

type Tools = Pick<Network, "now" | "sleep" | "randomBytes">

/**
 * As initiator: a connection whose stream is in the clear, and whose `encryption` is what the other side selected. On failure
 * it is closed. `offers`: RC4 alone, or plaintext after the handshake as well.
 */
export function encryptOutgoing(
  connection: Connection,
  _options: {
    infoHash: Uint8Array
    offers: "any" | "rc4"
    network: Tools
    timeoutMs: number
    signal: AbortSignal
  },
): Promise<Outcome<Connection>> {
  connection.close(failure("encryption"))
  return Promise.resolve(fail("encryption"))
}

/**
 * As receiver: reads the first bytes. A BitTorrent handshake in the clear passes as it came (`encryption` none), unless the policy
 * is `require`; anything else must be MSE for one of the info hashes, unless the policy is `off`.
 */
export function receiveEncryption(
  connection: Connection,
  _options: {
    infoHashes: readonly Uint8Array[]
    policy: EncryptionPolicy
    network: Tools
    timeoutMs: number
  },
): Promise<Outcome<Connection>> {
  return Promise.resolve({ ok: true, value: connection })
}
