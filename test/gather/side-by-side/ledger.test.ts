import { describe, expect, test } from "vitest"
import { createLedger, type Ledger } from "../../../src/gather/side-by-side/ledger.ts"
import { limits } from "../../../src/limits.ts"
import { virtualClock } from "../../wire/virtual-clock.ts"

function stage(most: number) {
  const clock = virtualClock()
  return { clock, audit: joining(createLedger(most, clock.network)) }
}

/** An audit that holds sockets until told to let go. */
const joining =
  (ledger: Ledger) =>
  (awaited: readonly string[] = []) => {
    const share = ledger.join()
    let woken = 0
    const places = share.places({ onFree: () => void woken++, awaited: () => awaited })
    return {
      share,
      places,
      get woken() {
        return woken
      },
      open(at: string, direction: "outgoing" | "incoming" = "outgoing") {
        const { promise, resolve } = Promise.withResolvers<void>()
        const over = places.hold(at, direction, () => promise)
        return () => {
          resolve()
          return over
        }
      },
    }
  }

const hostOf = (i: number) => `20.0.${i >> 8}.${i & 255}:6881`

describe("the sockets of one run", () => {
  test("are all there is for several audits, and one alone may have them all", () => {
    const { audit } = stage(10)
    const [a, b] = [audit(), audit()]
    for (let i = 0; i < 10; i++) {
      expect(a.places.full).toBe(false)
      a.open(hostOf(i))
    }
    expect([a.places.full, b.places.full]).toEqual([true, true])
  })

  test("go to whoever has less than its share and waits", async () => {
    const { audit } = stage(10)
    const [a, b] = [audit(), audit()]
    const closes = Array.from({ length: 10 }, (_, i) => a.open(hostOf(i)))
    expect(a.places.starvesOthers).toBe(false)
    b.places.waits(true)
    expect(a.places.starvesOthers).toBe(true)
    expect([b.share.heldBack, a.share.heldBack]).toEqual([true, false])
    const before = b.woken
    await closes[0]?.()
    expect(b.woken).toBeGreaterThan(before)
    expect([a.places.full, b.places.full]).toEqual([true, false])
    for (let i = 0; i < 4; i++) {
      b.open(hostOf(100 + i))
      await closes[i + 1]?.()
    }
    b.open(hostOf(110))
    // Half and half: neither gives way to the other any more.
    expect([a.places.starvesOthers, b.places.starvesOthers]).toEqual([false, false])
  })

  test("are free for the rest once an audit is over", async () => {
    const { audit } = stage(4)
    const [a, b] = [audit(), audit()]
    b.places.waits(true)
    const close = a.open(hostOf(1))
    a.open(hostOf(2))
    expect(a.places.full).toBe(true)
    b.share.leave()
    expect(a.places.full).toBe(false)
    await close()
  })
})

describe("a peer in several swarms", () => {
  const seedbox = "20.0.0.1:6881"

  test("has one audit at a time, and a second between two", async () => {
    const { clock, audit } = stage(10)
    const [a, b] = [audit(), audit([seedbox])]
    const close = a.open(seedbox)
    expect([a.places.busy(seedbox), b.places.busy(seedbox)]).toEqual([false, true])
    expect([a.places.wantedElsewhere(seedbox), b.share.heldBack]).toEqual([true, true])
    expect(b.places.busy("20.0.0.1:7000")).toBe(false)
    await close()
    await clock.pass(limits.peer.redialMs - 1)
    expect(b.places.busy(seedbox)).toBe(true)
    const before = b.woken
    await clock.pass(1)
    expect(b.places.busy(seedbox)).toBe(false)
    expect(b.woken).toBeGreaterThan(before)
  })

  test("an address rests for a second after the last of its dials", async () => {
    const { audit, clock } = stage(10)
    const [a, b] = [audit(), audit()]
    await a.open(hostOf(1))()
    await clock.pass(limits.peer.redialMs / 2)
    await a.open(hostOf(1))()
    await clock.pass(limits.peer.redialMs - 1)
    expect(b.places.busy(hostOf(1))).toBe(true)
    await clock.pass(1)
    expect(b.places.busy(hostOf(1))).toBe(false)
  })

  test("two sockets per host hold across audits, and loopback is no host", () => {
    const { audit } = stage(10)
    const [a, b, c] = [audit(), audit(), audit(["20.0.0.1:3"])]
    a.open("20.0.0.1:1")
    b.open("20.0.0.1:2")
    expect(c.places.busy("20.0.0.1:3")).toBe(true)
    expect([a.places.wantedElsewhere("20.0.0.1:1"), c.share.heldBack]).toEqual([true, true])
    a.open("127.0.0.1:1")
    b.open("127.0.0.1:2")
    expect(c.places.busy("127.0.0.1:3")).toBe(false)
  })

  test("may dial us for one torrent while others of it are audited", () => {
    const { audit } = stage(10)
    const [a, b, c] = [audit(), audit(), audit()]
    a.open("20.0.0.1:1")
    b.open("20.0.0.1:2")
    expect(c.places.turnsAway("20.0.0.1:50000")).toBe(false)
    c.open("20.0.0.1:50000", "incoming")
    c.open("20.0.0.1:50001", "incoming")
    expect(c.places.turnsAway("20.0.0.1:50002")).toBe(true)
  })
})

test("who dials us finds room for each audit, however many dial another", () => {
  const { audit } = stage(10)
  const [a, b] = [audit(), audit()]
  let taken = 0
  for (; !a.places.turnsAway(hostOf(taken)); taken++) a.open(hostOf(taken), "incoming")
  expect(taken).toBe(3)
  expect(b.places.turnsAway(hostOf(100))).toBe(false)
})
