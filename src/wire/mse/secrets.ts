/** What MSE derives from the shared secret S and the info hash, which it calls SKEY. HASH is SHA-1. */
import { sha1 } from "../../network.ts"
import { createRc4, type Rc4 } from "./rc4.ts"

const [req1, req2, req3, keyA, keyB] = ["req1", "req2", "req3", "keyA", "keyB"].map((word) =>
  Buffer.from(word, "latin1"),
) as [Buffer, Buffer, Buffer, Buffer, Buffer]

/** HASH('req1', S): where the initiator's padding ends. */
export const syncMark = (secret: Uint8Array): Uint8Array => sha1(req1, secret)

/** HASH('req2', SKEY) xor HASH('req3', S): tells which torrent is meant to whoever knows both. */
export const torrentMark = (secret: Uint8Array, infoHash: Uint8Array): Uint8Array => {
  const mask = sha1(req3, secret)
  return sha1(req2, infoHash).map((byte, at) => byte ^ mask[at]!)
}

export interface Ciphers {
  encrypt: Rc4
  decrypt: Rc4
}

/** Keys HASH('keyA', S, SKEY) for what the initiator sends, HASH('keyB', S, SKEY) for what the receiver sends. */
export function ciphersOf(side: "initiator" | "receiver", secret: Uint8Array, infoHash: Uint8Array): Ciphers {
  const [ours, theirs] = side === "initiator" ? [keyA, keyB] : [keyB, keyA]
  return {
    encrypt: createRc4(sha1(ours, secret, infoHash)),
    decrypt: createRc4(sha1(theirs, secret, infoHash)),
  }
}
