import { expect, test } from "vitest"
import { createLane, createThrottle } from "../../src/wire/throttle.ts"
import { uncapped } from "./swarm.ts"

const clock = (nowMs = 0) => {
  const network = { now: () => nowMs }
  return {
    network,
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}

test("no cap: at once, however much", () => {
  const { network } = clock(5)
  const lane = createThrottle({ ...uncapped, network }).lane()
  expect([1, 1e9, 1e9].map((bytes) => lane.reserve(bytes))).toEqual([5, 5, 5])
})

test("a second's worth at once, then at the rate", () => {
  const { network, pass } = clock(5_000)
  const lane = createThrottle({ ...uncapped, peerBytesPerSecond: 1_000, network }).lane()
  expect([500, 500, 500, 500].map((bytes) => lane.reserve(bytes))).toEqual([5_000, 5_000, 5_000, 5_500])
  pass(10_000)
  expect([1_000, 500, 500].map((bytes) => lane.reserve(bytes))).toEqual([15_000, 15_000, 15_500])
})

test("peers share the total, first come, first served", () => {
  const { network } = clock()
  const throttle = createThrottle({ ...uncapped, totalBytesPerSecond: 1_000, network })
  const [one, other] = [throttle.lane(), throttle.lane()]
  one.reserve(1_500)
  expect([other.reserve(1_000), one.reserve(1_000), other.reserve(1_000)]).toEqual([500, 1_500, 2_500])
})

test("one peer's cap is not another's", () => {
  const { network } = clock()
  const throttle = createThrottle({ ...uncapped, peerBytesPerSecond: 1_000, network })
  throttle.lane().reserve(100_000)
  expect(throttle.lane().reserve(100)).toBe(0)
})

test("the budget", () => {
  const { network } = clock()
  const throttle = createThrottle({ ...uncapped, maxBytes: 100, network })
  expect([throttle.claim(60), throttle.claim(60), throttle.claim(40)]).toEqual([true, false, true])
  expect(throttle.remainingBytes()).toBe(0)
  throttle.refund(30)
  expect([throttle.claim(31), throttle.claim(30)]).toEqual([false, true])
})

test("several runs keep to one total", () => {
  const network = { now: () => 0 }
  const total = createLane(1_000, network.now)
  const lanes = [1, 2].map(() => createThrottle({ ...uncapped, total, network }).lane())
  const times = Array.from({ length: 8 }, (_, i) => lanes[i % 2]?.reserve(500))
  expect(times).toEqual([0, 0, 0, 500, 1_000, 1_500, 2_000, 2_500])
})
