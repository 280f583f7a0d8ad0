/** Every budget drops loudly: what was hit first when, and how much was left out. */
import type { CapName, Run } from "../evidence.ts"

export interface Caps {
  readonly hit: (cap: CapName, dropped?: number) => void
  readonly list: Run["capsHit"]
}

export function caps(now: () => number): Caps {
  const list: Run["capsHit"] = []
  return {
    list,
    hit(cap, dropped = 1) {
      const known = list.find((each) => each.cap === cap)
      if (known) known.dropped += dropped
      else list.push({ cap, atMs: now(), dropped })
    },
  }
}
