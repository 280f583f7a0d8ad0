/** RFC 8032 Ed25519 keys as BEP 44 writes them, 32 bytes each, and the signatures made with them. */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto"

export const publicKeyBytes = 32
export const seedBytes = 32
export const signatureBytes = 64

/** RFC 8410: all of a PKCS #8 private key but the seed that ends it. */
const pkcs8Start = Buffer.from("302e020100300506032b657004220420", "hex")

export interface SigningKey {
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
  /** PKCS #8, as openssl reads and writes it. */
  toPem(): string
}

const signingKey = (key: KeyObject): SigningKey => ({
  publicKey: rawPublicKey(key),
  sign: (message) => new Uint8Array(sign(null, message, key)),
  toPem: () => key.export({ format: "pem", type: "pkcs8" }).toString(),
})

function rawPublicKey(key: KeyObject): Uint8Array {
  const { x } = createPublicKey(key).export({ format: "jwk" })
  return new Uint8Array(Buffer.from(x ?? "", "base64url"))
}

export const keyFromSeed = (seed: Uint8Array): SigningKey =>
  signingKey(createPrivateKey({ key: Buffer.concat([pkcs8Start, seed]), format: "der", type: "pkcs8" }))

/**
 * A private key as people keep them: PKCS #8 PEM; or the seed, alone or with the public key behind it (libsodium), as bytes
 * or hex digits. Null for anything else, the expanded keys of libtorrent among them: no seed can be had from those.
 */
export function parseSigningKey(file: Uint8Array): SigningKey | null {
  const text = Buffer.from(file).toString("latin1").trim()
  if (text.startsWith("-----BEGIN")) return fromPem(text)
  const hex = /^(?:[\da-f]{64}|[\da-f]{128})$/i.test(text)
  const bytes = hex ? new Uint8Array(Buffer.from(text, "hex")) : file
  if (bytes.length !== seedBytes && bytes.length !== seedBytes + publicKeyBytes) return null
  const key = keyFromSeed(bytes.subarray(0, seedBytes))
  const rest = bytes.subarray(seedBytes)
  return rest.length === 0 || Buffer.compare(rest, key.publicKey) === 0 ? key : null
}

function fromPem(text: string): SigningKey | null {
  try {
    const key = createPrivateKey(text)
    return key.asymmetricKeyType === "ed25519" ? signingKey(key) : null
  } catch {
    return null // broken, encrypted, or a public key
  }
}

/** False also for a key or a signature that can't be one. */
export function verifies(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== publicKeyBytes || signature.length !== signatureBytes) return false
  try {
    const x = Buffer.from(publicKey).toString("base64url")
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" })
    return verify(null, message, key, signature)
  } catch {
    return false
  }
}
