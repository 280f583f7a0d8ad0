/** Time that passes as soon as nothing else is left to do: three minutes of an audit take milliseconds, the same each time. */
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises"

export interface Clock {
  now(): number
  /** The answer calls it off. */
  after(ms: number, fire: () => void): () => void
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Time stands still until what the threads of Node do (unpacking, say) has most likely come back. */
  hold(): void
  /** Lets time pass until the work is done; throws at `mostMs`. */
  until<T>(work: Promise<T>, mostMs: number): Promise<T>
  /** Lets that much pass. */
  pass(ms: number): Promise<void>
}

interface Timer {
  readonly atMs: number
  readonly order: number
  fire: (() => void) | null
}

const heldMs = 4
const idleMs = 2
const idleWaits = 5_000

export function createClock(): Clock {
  let nowMs = 0
  let made = 0
  let holding: Promise<void> | null = null
  /** A binary heap: the first is due first. */
  const timers: Timer[] = []
  const before = (a: Timer, b: Timer) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

  function put(timer: Timer): void {
    let at = timers.push(timer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(timer, timers[parent]!)) break
      timers[at] = timers[parent]!
      at = parent
    }
    timers[at] = timer
  }

  function takeFirst(): Timer | undefined {
    const [first] = timers
    const last = timers.pop()
    if (first === undefined || last === undefined || timers.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= timers.length) break
      if (child + 1 < timers.length && before(timers[child + 1]!, timers[child]!)) child++
      if (!before(timers[child]!, last)) break
      timers[at] = timers[child]!
      at = child
    }
    timers[at] = last
    return first
  }

  function nextMs(): number {
    while (timers[0]?.fire === null) takeFirst()
    return timers[0]?.atMs ?? Infinity
  }

  const after = (ms: number, fire: () => void) => {
    const timer: Timer = { atMs: nowMs + Math.max(0, ms), order: made++, fire }
    put(timer)
    return () => void (timer.fire = null)
  }

  /** One timer, and what follows from it. Two turns: what a first one put off to the next has happened too. */
  async function step(untilMs: number, isOver: () => boolean): Promise<boolean> {
    await turn()
    if (holding) await holding
    if (nextMs() > nowMs) await turn()
    // Somebody may still wait for what no clock counts.
    for (let waits = 0; nextMs() === Infinity && waits < idleWaits; waits++) {
      if (isOver()) return false
      await pause(idleMs)
    }
    const dueMs = nextMs()
    if (dueMs > untilMs) return false
    nowMs = Math.max(nowMs, dueMs)
    takeFirst()?.fire?.()
    return true
  }

  return {
    now: () => nowMs,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve()
        const done = () => {
          cancel()
          signal.removeEventListener("abort", done)
          resolve()
        }
        const cancel = after(ms, done)
        signal.addEventListener("abort", done, { once: true })
      }),
    hold() {
      const mine = pause(heldMs).then(() => {
        if (holding === mine) holding = null
      })
      holding = mine
    },
    async until(work, mostMs) {
      let over = false
      const finished = () => void (over = true)
      work.then(finished, finished)
      const isOver = () => over
      while (!isOver())
        if (!(await step(mostMs, isOver)) && !isOver())
          throw new Error(timers.length === 0 ? "nothing left to happen" : `not done after ${mostMs} ms`)
      return work
    },
    async pass(ms) {
      const untilMs = nowMs + ms
      while (await step(untilMs, () => true));
      nowMs = untilMs
    },
  }
}
