/** When several audits begin. */
import { expect, it } from "vitest"
import { runAll } from "../../src/commands/many/schedule.ts"

/** Time that passes only when told to. */
function virtualClock() {
  let now = 0
  const timers = new Set<{ at: number; done: () => void }>()
  return {
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        const timer = { at: now + ms, done: resolve }
        timers.add(timer)
        signal.addEventListener("abort", () => {
          timers.delete(timer)
          resolve()
        })
      }),
    async pass(ms: number) {
      now += ms
      for (const timer of timers) {
        if (timer.at > now) continue
        timers.delete(timer)
        timer.done()
      }
      await settled()
    },
  }
}
const settled = () => new Promise((resolve) => setImmediate(resolve))

function schedule(
  items: readonly { name: string; trackerHosts: string[] }[],
  atOnce: number,
  perTracker: number,
) {
  const clock = virtualClock()
  const stop = new AbortController()
  const began: string[] = []
  const ends = new Map<string, () => void>()
  const left = runAll(
    items,
    { atOnce, perTracker, trackerMs: 1_000, clock, stop: stop.signal },
    ({ name }) => {
      began.push(name)
      return new Promise((resolve) => ends.set(name, resolve))
    },
  )
  const end = async (name: string) => {
    ends.get(name)?.()
    await settled()
  }
  return { clock, stop, began, end, left }
}

const on = (host: string, ...names: string[]) => names.map((name) => ({ name, trackerHosts: [host] }))

it("so many at once, in order", async () => {
  const { began, end, left } = schedule([...on("a", "1"), ...on("b", "2"), ...on("c", "3", "4")], 2, 9)
  await settled()
  expect(began).toEqual(["1", "2"])
  await end("2")
  expect(began).toEqual(["1", "2", "3"])
  for (const name of ["3", "1", "4"]) await end(name)
  expect(await left).toEqual([])
})

it("one tracker is asked by few of them in the same second; others needn't wait for it", async () => {
  const { began, end, clock, left } = schedule(
    [...on("dead", "1", "2", "3", "4", "5"), ...on("other", "6")],
    9,
    2,
  )
  await settled()
  expect(began).toEqual(["1", "2", "6"])
  await end("1")
  expect(began).toEqual(["1", "2", "6", "3"])
  await clock.pass(999)
  expect(began).toHaveLength(4)
  await clock.pass(1)
  expect(began).toEqual(["1", "2", "6", "3", "4", "5"])
  for (const name of ["2", "3", "4", "5", "6"]) await end(name)
  expect(await left).toEqual([])
})

it("after a signal nobody begins, and those who run are waited for", async () => {
  const { began, end, stop, left } = schedule(on("a", "1", "2", "3"), 1, 9)
  await settled()
  stop.abort("interrupted")
  await settled()
  let over = false
  void left.then(() => (over = true))
  await settled()
  expect(over).toBe(false)
  await end("1")
  expect((await left).map(({ name }) => name)).toEqual(["2", "3"])
  expect(began).toEqual(["1"])
})
