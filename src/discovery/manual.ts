/** Peers that the user named with --peer. */
import type { Endpoint } from "../evidence.ts"
import type { Source } from "./source.ts"

export const manualSource = (peers: readonly Endpoint[], now: () => Date): Source => ({
  name: "manual",
  async *discover(signal) {
    if (peers.length > 0 && !signal.aborted) {
      yield { kind: "manual", via: null, at: now().toISOString(), peers: [...new Set(peers)] }
    }
  },
  farewell: () => Promise.resolve(),
})
