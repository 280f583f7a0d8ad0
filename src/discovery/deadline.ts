import { waitedForOthers } from "../evidence/words.ts"
import { fail, type Outcome } from "../failure.ts"
import type { Network } from "../network.ts"

/** Runs `work` under a signal that also aborts after `ms`; what fails after that, failed by `timeout`. */
export async function withDeadline<T>(
  network: Pick<Network, "sleep">,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  if (signal.aborted) return fail("aborted")
  const stop = new AbortController()
  const finished = new AbortController()
  const onAbort = () => stop.abort(signal.reason)
  signal.addEventListener("abort", onAbort, { once: true })
  let expired = false
  void network.sleep(ms, finished.signal).then(() => {
    if (finished.signal.aborted) return
    expired = true
    stop.abort(new DOMException("deadline", "TimeoutError"))
  })
  try {
    const outcome = await work(stop.signal)
    if (outcome.ok) return outcome
    if (signal.aborted) return fail("aborted")
    if (!expired) return outcome
    const { code, detail } = outcome.failure
    return fail("timeout", code === "timeout" && detail === waitedForOthers ? detail : null)
  } finally {
    finished.abort()
    signal.removeEventListener("abort", onAbort)
  }
}
