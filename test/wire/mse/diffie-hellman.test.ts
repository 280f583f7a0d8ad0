import { randomBytes } from "node:crypto"
import { describe, expect, it } from "vitest"
import { createKeyPair, keyBytes } from "../../../src/wire/mse/diffie-hellman.ts"
import { asKey, asNumber, power, prime } from "./foreign.ts"

const other = asKey(power(2n, 12_345n))

describe("Diffie–Hellman", () => {
  it("is 2^x, and then theirs^x, below the prime, with 160 bits from the network's chance", () => {
    const exponent = Buffer.concat([Buffer.of(0x81), randomBytes(19)])
    const keys = createKeyPair((count) => exponent.subarray(0, count))
    expect(asNumber(keys.publicKey)).toBe(power(2n, asNumber(exponent)))
    expect(asNumber(keys.agree(other)!)).toBe(power(asNumber(other), asNumber(exponent)))
  })

  it("two pairs made at once agree", () => {
    const [ours, theirs] = [createKeyPair(randomBytes), createKeyPair(randomBytes)]
    expect(ours.agree(theirs.publicKey)).toEqual(theirs.agree(ours.publicKey))
  })

  it("chance that gives nothing but zeros still makes a key", () => {
    const keys = createKeyPair((count) => new Uint8Array(count))
    expect(asNumber(keys.publicKey)).toBe(power(2n, 1n << 159n))
  })

  it("short results keep their leading zeros", () => {
    const keys = Array.from({ length: 2_000 }, (_, count) => {
      const exponent = asKey((1n << 159n) + (BigInt(count) << 8n)).subarray(76)
      const pair = createKeyPair(() => exponent)
      return { exponent: asNumber(exponent), publicKey: pair.publicKey, secret: pair.agree(other)! }
    })
    const lengths = new Set(keys.flatMap(({ publicKey, secret }) => [publicKey.length, secret.length]))
    expect([...lengths]).toEqual([keyBytes])
    const shortKeys = keys.filter(({ publicKey }) => publicKey[0] === 0)
    const shortSecrets = keys.filter(({ secret }) => secret[0] === 0)
    expect(Math.min(shortKeys.length, shortSecrets.length)).toBeGreaterThan(0)
    for (const { publicKey, exponent } of shortKeys) expect(asNumber(publicKey)).toBe(power(2n, exponent))
    for (const { secret, exponent } of shortSecrets)
      expect(asNumber(secret)).toBe(power(asNumber(other), exponent))
  })

  it("no key begins like a handshake in the clear: Transmission 3 looks at the first byte alone", () => {
    const first = (count: number) => createKeyPair(() => asKey(BigInt(count) << 8n).subarray(76)).publicKey[0]
    const bytes = new Set(Array.from({ length: 3_000 }, (_, count) => first(count)))
    expect(bytes.size).toBe(255)
    expect(bytes.has(0x13)).toBe(false)
  })

  it.each([
    ["0", 0n],
    ["1", 1n],
    ["P−1", prime - 1n],
    ["P", prime],
    ["P+1", prime + 1n],
    ["all ones", (1n << 768n) - 1n],
  ])("refuses %s", (_name, number) => {
    expect(createKeyPair(randomBytes).agree(asKey(number))).toBeNull()
  })

  it.each([
    ["2", 2n],
    ["P−2", prime - 2n],
  ])("takes %s", (_name, number) => {
    expect(createKeyPair(randomBytes).agree(asKey(number))).not.toBeNull()
  })
})
