/** How long a script goes on: its steps, and the time that it waits in all. */
import type { Clock } from "./clock.ts"
import type { Plan } from "./plan.ts"

export interface Patience {
  /** Counts a step. False once the plan is over, or the stranger gone, or it did or waited enough. */
  goesOn(): boolean
  wait(ms: number): Promise<void>
  /** Until that, or so long. */
  waitFor(something: Promise<unknown>, ms: number): Promise<void>
}

export function createPatience(
  plan: Plan,
  clock: Pick<Clock, "now" | "sleep">,
  gone: AbortSignal,
  most: { steps: number; ms: number },
): Patience {
  const untilMs = clock.now() + most.ms
  let steps = 0
  return {
    goesOn: () => !plan.over && !gone.aborted && steps++ < most.steps && clock.now() < untilMs,
    wait: (ms) => clock.sleep(ms, gone),
    async waitFor(something, ms) {
      const heard = new AbortController()
      void something.then(() => heard.abort())
      await clock.sleep(ms, AbortSignal.any([gone, heard.signal]))
    },
  }
}
