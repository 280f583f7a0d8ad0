/** The private key that signs a mutable item (BEP 44): a file of the user's, made only when asked to. */
import { randomBytes } from "node:crypto"
import { open, writeFile } from "node:fs/promises"
import { InputError } from "../../failure.ts"
import { refuseSpecialFile } from "../../store/snapshot-file.ts"
import { keyFromSeed, parseSigningKey, seedBytes, type SigningKey } from "../../torrent/ed25519.ts"

/** PEM of any such key is shorter. */
const maxKeyFileBytes = 4_096

/** Null: there is no such file. */
export async function loadSigningKey(path: string): Promise<SigningKey | null> {
  await refuseSpecialFile(path)
  const content = await read(path)
  if (content === null) return null
  const key = parseSigningKey(content)
  if (key) return key
  throw new InputError(
    "bad-key",
    `${path} is not an Ed25519 private key`,
    "Use PKCS #8 PEM (openssl genpkey -algorithm ed25519), or a seed of 32 bytes or 64 hex digits.",
  )
}

async function read(path: string): Promise<Uint8Array | null> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null
    throw new InputError(
      "no-file",
      `cannot read ${path}: ${error.code ?? error.name}`,
      "Check its permissions.",
    )
  })
  if (file === null) return null
  try {
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(maxKeyFileBytes + 1),
      0,
      maxKeyFileBytes + 1,
      0,
    )
    return bytesRead > maxKeyFileBytes ? new Uint8Array() : new Uint8Array(buffer.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}

/** Never over another file, and readable by its owner alone. */
export async function makeSigningKey(path: string): Promise<SigningKey> {
  const key = keyFromSeed(randomBytes(seedBytes))
  await writeFile(path, key.toPem(), { mode: 0o600, flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      "cant-write",
      `cannot write ${path}: ${error.code ?? error.name}`,
      "Choose another path.",
    )
  })
  return key
}
