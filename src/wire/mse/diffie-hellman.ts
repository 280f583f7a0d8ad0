/** Diffie–Hellman in the group that MSE fixes: a 768-bit prime, generator 2, secret exponents of 160 bits. */
import { createDiffieHellman, type DiffieHellman } from "node:crypto"

export const keyBytes = 96
const exponentBytes = 20
const generator = 2
const greetingByte = 0x13
const prime = Buffer.from(
  "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22" +
    "514a08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563",
  "hex",
)
const [smallestKey, largestKey] = [Buffer.alloc(keyBytes), Buffer.from(prime)]
smallestKey[keyBytes - 1] = 2
largestKey[keyBytes - 1]! -= 2

export interface KeyPair {
  readonly publicKey: Uint8Array
  /** The shared secret, as long as a key. Null: 0, 1, P−1, or no number below P, of which it would be known beforehand. */
  agree(theirs: Uint8Array): Uint8Array | null
}

/** One for all: Node checks at each creation that the prime is one, which blocks for 28 ms. */
let group: DiffieHellman | null = null
let holder: Uint8Array | null = null

/** Setting the private key costs a third of what is done with it: not again for the one that did so last. */
function groupWith(exponent: Uint8Array): DiffieHellman {
  group ??= createDiffieHellman(prime, generator)
  if (holder !== exponent) group.setPrivateKey(exponent)
  holder = exponent
  return group
}

export function createKeyPair(randomBytes: (count: number) => Uint8Array): KeyPair {
  const exponent = Uint8Array.from(randomBytes(exponentBytes))
  exponent[0]! |= 0x80
  let publicKey = publicKeyOf(exponent)
  // Transmission 3 takes whatever begins like this for a handshake in the clear, and closes.
  while (publicKey[0] === greetingByte) {
    exponent[exponentBytes - 1]!++
    holder = null // The group still has the exponent as it was.
    publicKey = publicKeyOf(exponent)
  }
  return {
    publicKey,
    agree(theirs) {
      if (Buffer.compare(theirs, smallestKey) < 0 || Buffer.compare(theirs, largestKey) > 0) return null
      return atFullLength(groupWith(exponent).computeSecret(theirs))
    },
  }
}

const publicKeyOf = (exponent: Uint8Array): Uint8Array => atFullLength(groupWith(exponent).generateKeys())

function atFullLength(number: Uint8Array): Uint8Array {
  if (number.length === keyBytes) return number
  const padded = new Uint8Array(keyBytes)
  padded.set(number, keyBytes - number.length)
  return padded
}
