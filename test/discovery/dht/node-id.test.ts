import { describe, expect, it } from "vitest"
import { crc32c, distanceBetween, idFits } from "../../../src/discovery/dht/node-id.ts"

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"))

describe("BEP 42", () => {
  it("CRC-32C of the check string", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283)
  })

  /** The BEP's own. */
  const vectors: [host: string, id: string][] = [
    ["124.31.75.21", "5fbfbf f10c5d6a4ec8a88e4c6ab4c28b95eee4 01"],
    ["21.75.31.124", "5a3ce9 c14e7a08645677bbd1cfe7d8f956d532 56"],
    ["65.23.51.170", "a5d432 20bc8f112a3d426c84764f8c2a1150e6 16"],
    ["84.124.73.14", "1b0321 dd1bb1fe518101ceef99462b947a01ff 41"],
    ["43.213.53.83", "e56f6c bf5b7c4be0237986d5243b87aa6d5130 5a"],
  ]

  it.each(vectors)("%s fits its id", (host, id) => {
    expect(idFits(bytes(id), host)).toBe(true)
  })

  it.each(vectors)("%s fits no other id", (host, id) => {
    for (const at of [0, 1, 19])
      expect(
        idFits(
          bytes(id).map((byte, i) => (i === at ? byte ^ 1 : byte)),
          host,
        ),
      ).toBe(false)
    // Of the third byte the high five bits count.
    expect(
      idFits(
        bytes(id).map((byte, i) => (i === 2 ? byte ^ 8 : byte)),
        host,
      ),
    ).toBe(false)
    expect(
      idFits(
        bytes(id).map((byte, i) => (i === 2 ? byte ^ 7 : byte)),
        host,
      ),
    ).toBe(true)
    expect(idFits(bytes(id), "8.8.8.8")).toBe(false)
  })

  it("of an IPv6 address the high 64 bits count", () => {
    // 2a00:1450:4001:081b & 0103:070f:1f3f:7fff | 5 << 61
    const crc = crc32c(bytes("a0 00 04 00 00 01 08 1b"))
    const id = new Uint8Array(20)
    id.set([crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 0xf8])
    id[19] = 5
    expect(idFits(id, "2a00:1450:4001:81b::200e")).toBe(true)
    expect(idFits(id, "2a00:1450:4001:81b:ffff::1")).toBe(true)
    expect(idFits(id, "2a00:1450:4001:81c::200e")).toBe(false)
  })

  it.each(["10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.1.1", "127.0.0.1", "::1", "fd00::1"])(
    "%s is exempt",
    (host) => {
      expect(idFits(new Uint8Array(20), host)).toBeNull()
    },
  )
})

it("distance is XOR, and its text sorts like the number", () => {
  const a = bytes("00".repeat(19) + "05")
  const b = bytes("00".repeat(19) + "03")
  const c = bytes("80" + "00".repeat(19))
  expect(distanceBetween(a, b)).toBe("00".repeat(19) + "06")
  expect(distanceBetween(a, a) < distanceBetween(a, b)).toBe(true)
  expect(distanceBetween(a, b) < distanceBetween(a, c)).toBe(true)
})
