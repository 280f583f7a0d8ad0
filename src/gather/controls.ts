/**
 * While a peer is silent, who serves us is asked for a little, from time to time: if nobody answers then, it is our own line
 * that is silent. Whoever is asked has nothing else to do.
 */
import { limits } from "../limits.ts"

export interface Controls {
  /** A peer that gives nothing is waited for from now on, until the answer is called. */
  begin(): () => void
  readonly due: boolean
  /** True for one of those who ask. */
  take(): boolean
}

export function createControls(now: () => number): Controls {
  let waitedFor = 0
  let lastMs = -Infinity
  const isDue = () => waitedFor > 0 && now() - lastMs >= limits.silence.controlMs
  return {
    begin() {
      if (waitedFor++ === 0) lastMs = now() - limits.silence.controlMs / 2
      return () => void waitedFor--
    },
    get due() {
      return isDue()
    },
    take() {
      const due = isDue()
      if (due) lastMs = now()
      return due
    },
  }
}
