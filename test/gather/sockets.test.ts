/** How many sockets at once, where the system has fewer than the pace. */
import { expect, test } from "vitest"
import { sockets } from "../../src/gather/sockets.ts"

const hold = (open: ReturnType<typeof sockets>, count: number) =>
  Array.from({ length: count }, (_, i) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    void open.hold(`192.0.2.${i}:6881`, "outgoing", () => promise)
    return resolve
  })

test("the system gave none: fewer from now on, and never none", () => {
  const open = sockets(100, () => {})
  hold(open, 40)
  expect(open.full).toBe(false)
  open.ranOut?.()
  expect(open.full).toBe(true)
})

test("places are free again below what the system gave", async () => {
  const open = sockets(100, () => {})
  const ends = hold(open, 40)
  open.ranOut?.()
  for (const end of ends.slice(0, 13)) end()
  await new Promise(setImmediate)
  expect(open.full).toBe(true)
  for (const end of ends.slice(13, 20)) end()
  await new Promise(setImmediate)
  expect(open.full).toBe(false)
})

test("with a single one the audit goes on, one peer after another", async () => {
  const open = sockets(100, () => {})
  const [end] = hold(open, 1)
  open.ranOut?.()
  expect(open.full).toBe(true)
  end?.()
  await new Promise(setImmediate)
  expect(open.full).toBe(false)
})
