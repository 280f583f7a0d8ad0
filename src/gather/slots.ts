/** A bounded number of holders at a time; who waits is let in by seeded chance, so that the first to arrive are not favoured. */
import type { Random } from "./random.ts"

export interface Slots {
  /** Resolves to a release function, or null once the signal aborts. */
  take(signal: AbortSignal): Promise<(() => void) | null>
  readonly waiting: number
}

export function slots(count: number, random: Random): Slots {
  let free = count
  const queue: (() => void)[] = []
  const release = () => {
    if (queue.length === 0) free++
    else queue.splice(random.below(queue.length), 1)[0]?.()
  }
  const once = () => {
    let held = true
    return () => {
      if (held) release()
      held = false
    }
  }
  return {
    get waiting() {
      return queue.length
    },
    take(signal) {
      if (signal.aborted) return Promise.resolve(null)
      if (free > 0) {
        free--
        return Promise.resolve(once())
      }
      return new Promise((resolve) => {
        const enter = () => {
          signal.removeEventListener("abort", leave)
          resolve(once())
        }
        const leave = () => {
          const at = queue.indexOf(enter)
          if (at >= 0) queue.splice(at, 1)
          resolve(null)
        }
        queue.push(enter)
        signal.addEventListener("abort", leave, { once: true })
      })
    },
  }
}
