import { createHash } from "node:crypto"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { createAssembly } from "../../src/wire/assembly.ts"

const sha1 = (bytes: Uint8Array) => createHash("sha1").update(bytes).digest()

test("any order makes the same piece, and holds only what overtook", () => {
  const orders = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 })
  fc.assert(
    fc.property(orders, (order) => {
      const piece = Buffer.from("aabbccddeef")
      const assembly = createAssembly(6, sha1(piece))
      const whole = order.map((block) => assembly.add(block, piece.subarray(2 * block, 2 * block + 2)))
      expect(whole).toEqual([false, false, false, false, false, true])
      expect(assembly.held).toBe(0)
      expect(assembly.verify()).toBe(true)
    }),
  )
})

test("nothing is held of blocks in order", () => {
  const assembly = createAssembly(3, sha1(Buffer.from("abc")))
  assembly.add(0, Buffer.from("a"))
  expect(assembly.held).toBe(0)
  assembly.add(2, Buffer.from("c"))
  expect(assembly.held).toBe(1)
})

test("a block that waits is a copy: the receive buffer is free", () => {
  const piece = Buffer.from("ab")
  const assembly = createAssembly(2, sha1(piece))
  const late = Buffer.from("b")
  assembly.add(1, late)
  late.fill(0)
  assembly.add(0, Buffer.from("a"))
  expect(assembly.verify()).toBe(true)
})

test("another payload", () => {
  const assembly = createAssembly(1, sha1(Buffer.from("a")))
  expect(assembly.add(0, Buffer.from("b"))).toBe(true)
  expect(assembly.verify()).toBe(false)
})
