import { expect, test } from "vitest"
import { openShared } from "../../../src/gather/side-by-side.ts"
import { limits } from "../../../src/limits.ts"
import { virtualClock } from "../../wire/virtual-clock.ts"

test("an audit knows that its own lookup waits for those of others", async () => {
  const clock = virtualClock()
  const network = { ...clock.network, randomBytes: (size: number) => new Uint8Array(size) } as never
  const shared = await openShared({
    network,
    pace: "normal",
    families: ["ipv4"],
    port: null,
    proxied: false,
    depth: "scrape",
  })
  const [busy, late] = [shared.join(), shared.join()]
  const { signal } = new AbortController()
  const leaves = await Promise.all(
    Array.from({ length: 1 + limits.dht.neighbourhoods }, () => busy.dht.turn(signal)),
  )
  const waiting = late.dht.turn(signal)
  expect([busy.lookupWaits, late.lookupWaits]).toEqual([false, true])
  leaves[0]?.()
  await clock.pass(1_000)
  await waiting
  expect(late.lookupWaits).toBe(false)
  shared.close()
})
