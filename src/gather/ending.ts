/** When a run is over and why: the first reason counts. */
import type { Run } from "../evidence.ts"

export interface Ending {
  /** Aborted when the run is over. */
  readonly signal: AbortSignal
  readonly why: Run["stopReason"]
  readonly end: (why: Run["stopReason"]) => void
  /** Nobody need be listened to any more. */
  readonly release: () => void
}

/** `stop` is aborted with the reason "interrupted" or "terminated". */
export function createEnding(stop: AbortSignal): Ending {
  const over = new AbortController()
  let reason: Run["stopReason"] = "complete"
  const end = (why: Run["stopReason"]) => {
    if (over.signal.aborted) return
    reason = why
    over.abort()
  }
  const onStop = () => end(stop.reason === "terminated" ? "terminated" : "interrupted")
  if (stop.aborted) onStop()
  else stop.addEventListener("abort", onStop, { once: true })
  return {
    signal: over.signal,
    get why() {
      return reason
    },
    end,
    release: () => stop.removeEventListener("abort", onStop),
  }
}
