/** RFC 8032's own vectors, and keys as people keep them. */
import { generateKeyPairSync } from "node:crypto"
import { describe, expect, test } from "vitest"
import { keyFromSeed, parseSigningKey, verifies } from "../../src/torrent/ed25519.ts"

const unhex = (text: string) => new Uint8Array(Buffer.from(text, "hex"))
const hex = (data: Uint8Array) => Buffer.from(data).toString("hex")
const text = (value: string) => new TextEncoder().encode(value)

const seed = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"
const publicKey = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
const message = unhex("af82")
const signature =
  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"

test("RFC 8032 §7.1 test 3", () => {
  const key = keyFromSeed(unhex(seed))
  expect(hex(key.publicKey)).toBe(publicKey)
  expect(hex(key.sign(message))).toBe(signature)
  expect(verifies(key.publicKey, message, unhex(signature))).toBe(true)
  expect(verifies(key.publicKey, unhex("af83"), unhex(signature))).toBe(false)
  expect(verifies(key.publicKey.subarray(1), message, unhex(signature))).toBe(false)
})

describe("private keys as people keep them", () => {
  const key = keyFromSeed(unhex(seed))
  test.each<[string, Uint8Array]>([
    ["PKCS #8 PEM", text(key.toPem())],
    ["hex of the seed, with a newline", text(`${seed}\n`)],
    ["hex of seed and public key", text((seed + publicKey).toUpperCase())],
    ["the seed", unhex(seed)],
    ["seed and public key", unhex(seed + publicKey)],
  ])("%s", (_, file) => {
    expect(hex(parseSigningKey(file)?.publicKey ?? new Uint8Array())).toBe(publicKey)
  })

  test.each<[string, Uint8Array]>([
    ["an empty file", new Uint8Array()],
    ["a shorter one", unhex(seed).subarray(1)],
    ["a seed with another key behind it, as libtorrent's expanded keys look", unhex(seed + seed)],
    [
      "a public key in PEM",
      text(generateKeyPairSync("ed25519").publicKey.export({ format: "pem", type: "spki" }).toString()),
    ],
    [
      "a key of another kind",
      text(generateKeyPairSync("x25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString()),
    ],
    ["broken PEM", text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")],
  ])("refuses %s", (_, file) => expect(parseSigningKey(file)).toBeNull())
})
