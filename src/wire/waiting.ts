import type { Network } from "../network.ts"

export interface Linked {
  readonly signal: AbortSignal
  /** A reason costs nothing; without one, an exception with its stack would be made for each. */
  readonly abort: (why: string) => void
  /** From now on what happens to the other signal is none of its business. */
  release(): void
}

/** Aborted when `signal` is, or by itself. `AbortSignal.any` does as much at several times the price, and many are made. */
export function linked(signal: AbortSignal): Linked {
  const own = new AbortController()
  const onAbort = () => own.abort(signal.reason)
  if (signal.aborted) onAbort()
  else signal.addEventListener("abort", onAbort, { once: true })
  const release = () => signal.removeEventListener("abort", onAbort)
  return {
    signal: own.signal,
    abort(why) {
      release()
      own.abort(why)
    },
    release,
  }
}

/** True once `event` resolved; false when it resolved false, at the timeout, or by the signal. Leaves nothing behind. */
export async function within(
  network: Pick<Network, "sleep">,
  event: Promise<boolean>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const enough = linked(signal)
  const over = network.sleep(timeoutMs, enough.signal).then(() => false)
  const happened = await Promise.race([event, over])
  enough.abort("happened")
  return happened
}
