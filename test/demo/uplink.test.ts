import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { createUplink, departure, type Uplink } from "../../src/demo/uplink.ts"

const KiB = 1024
const MiB = 1024 * KiB
const block = 16 * KiB
const clock = { now: () => performance.now() }

/** A visitor that keeps `depth` requests in the air for `ms`; the bytes that it got. */
function download(uplink: Uplink, depth: number, ms: number): number {
  let bytes = 0
  const request = () =>
    void uplink.enqueue(block, () => {
      bytes += block
      setTimeout(request, 1)
    })
  for (let i = 0; i < depth; i++) request()
  vi.advanceTimersByTime(ms)
  return bytes
}

describe("uplink", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }))
  afterEach(() => void vi.useRealTimers())

  test("departures lie one block's time apart; idle time is lost but for a little credit", () => {
    const first = departure(-Infinity, 1_000, block, block)
    expect(first).toBe(1_960)
    expect(departure(first, 1_001, block, block)).toBe(first + 1_000)
    expect(departure(first, 5_000, block, block)).toBe(5_960)
  })

  test.each([
    [64 * KiB, 2],
    [512 * KiB, 4],
    [1 * MiB, 16],
    [3 * MiB, 16],
    [8 * MiB, 64],
  ])("%i bytes per second with %i requests in the air", (rate, depth) => {
    const seconds = 20
    const measured = download(createUplink(clock, rate), depth, seconds * 1_000) / seconds
    expect(measured / rate).toBeGreaterThan(0.98)
    expect(measured / rate).toBeLessThan(1.02)
  })

  test("two visitors share it", () => {
    const uplink = createUplink(clock, 1 * MiB)
    let other = 0
    const more = () =>
      void uplink.enqueue(block, () => {
        other += block
        more()
      })
    for (let i = 0; i < 16; i++) more()
    const mine = download(uplink, 16, 10_000)
    expect((mine + other) / (10 * MiB)).toBeCloseTo(1, 1)
    expect(mine / other).toBeCloseTo(1, 0)
  })

  test("what is called off takes no time", () => {
    const uplink = createUplink(clock, block)
    const sent: string[] = []
    const stops = Array.from({ length: 5 }, () => uplink.enqueue(block, () => sent.push("called off")))
    uplink.enqueue(block, () => sent.push("wanted"))
    for (const stop of stops) stop()
    vi.advanceTimersByTime(1_500)
    expect(sent).toEqual(["wanted"])
  })

  test("after stop nothing leaves and no timer remains", () => {
    const uplink = createUplink(clock, block)
    uplink.enqueue(block, () => expect.unreachable())
    uplink.stop()
    expect(vi.getTimerCount()).toBe(0)
  })
})
