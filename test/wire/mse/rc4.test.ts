import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createRc4 } from "../../../src/wire/mse/rc4.ts"
import { keyStream } from "./foreign.ts"

describe("RC4", () => {
  // RFC 6229, at offset 1024: what MSE uses first.
  it.each([
    ["0102030405", "30abbcc7c20b01609f23ee2d5f6bb7df"],
    ["0102030405060708090a0b0c0d0e0f10", "bdf0324e6083dcc6d3cedd3ca8c53c16"],
  ])("key %s", (key, stream) => {
    const bytes = Buffer.alloc(16)
    createRc4(Buffer.from(key, "hex"))(bytes)
    expect(bytes.toString("hex")).toBe(stream)
  })

  it("is one stream however it is cut, and wherever in memory it lies", () => {
    const key = Buffer.from("0102030405", "hex")
    const whole = keyStream(key, 2_000)
    fc.assert(
      fc.property(fc.array(fc.nat(90), { maxLength: 40 }), fc.nat(7), (lengths, offset) => {
        const bytes = Buffer.from(new ArrayBuffer(4_000), offset, 3_600).fill(0)
        const rc4 = createRc4(key)
        let at = 0
        for (const length of lengths) {
          if (at + length > whole.length) break
          rc4(bytes.subarray(at, at + length))
          at += length
        }
        expect(bytes.subarray(0, at).equals(whole.subarray(0, at))).toBe(true)
        expect(bytes.subarray(at).every((byte) => byte === 0)).toBe(true)
      }),
    )
  })
})
