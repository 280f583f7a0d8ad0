/** A standstill of this process is nobody else's silence. */
import { describe, expect, onTestFinished, test, vi } from "vitest"
import { limits } from "../../src/limits.ts"
import { createClock } from "../../src/network/clock.ts"

const never = new AbortController().signal
const { beatMs, standstillMs } = limits.clock

/** As after SIGCONT: the system's clock went on, nothing of ours ran. */
function suspendable() {
  let aheadMs = 0
  const read = () => performance.now() + aheadMs
  return { clock: createClock(read), suspend: (ms: number) => void (aheadMs += ms) }
}

describe("a standstill", () => {
  test("counts as one beat for whoever waits", async () => {
    const { clock, suspend } = suspendable()
    const beforeMs = clock.now()
    const waiting = clock.sleep(300, never)
    suspend(60_000)
    await waiting
    const passedMs = clock.now() - beforeMs
    expect(passedMs).toBeGreaterThan(290)
    expect(passedMs).toBeLessThan(60_000)
  })

  test("lets nobody ring before its time", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] })
    onTestFinished(() => void vi.useRealTimers())
    let systemMs = 0
    const clock = createClock(() => systemMs)
    /** After SIGCONT all that is due by the system's clock rings at once. */
    const pass = (ms: number) => {
      systemMs += ms
      vi.advanceTimersByTime(ms)
    }
    const rung: string[] = []
    clock.after(beatMs + 500, () => rung.push("later"))
    clock.after(20, () => rung.push("sooner"))
    pass(30_000)
    expect(rung).toEqual(["sooner"])
    pass(400)
    expect(rung).toEqual(["sooner"])
    for (let times = 0; times < 6; times++) pass(100)
    expect(rung).toEqual(["sooner", "later"])
  })

  test("while nobody waits is only idleness", () => {
    const { clock, suspend } = suspendable()
    const beforeMs = clock.now()
    suspend(60_000)
    expect(clock.now() - beforeMs).toBeGreaterThanOrEqual(60_000)
  })

  test("is longer than what a busy moment takes", async () => {
    const { clock, suspend } = suspendable()
    const beforeMs = clock.now()
    const waiting = clock.sleep(10, never)
    suspend(standstillMs / 2)
    await waiting
    expect(clock.now() - beforeMs).toBeGreaterThan(standstillMs / 2)
  })
})

test("what was called off never rings", async () => {
  const { clock, suspend } = suspendable()
  const rung: string[] = []
  const cancel = clock.after(10, () => rung.push("called off"))
  cancel()
  cancel()
  const beforeMs = clock.now()
  const waiting = clock.sleep(40, never)
  suspend(60_000)
  await waiting
  expect(rung).toEqual([])
  // Called off twice, it counts once: somebody was known to wait.
  expect(clock.now() - beforeMs).toBeLessThan(60_000)
})
