/** Peers that close or reset at one stage of a visit. */
import type { Behaviour, Steps } from "./steps.ts"
import type { Visit } from "./visit.ts"

export const leavingStages = [
  "on-accept",
  "before-handshake",
  "after-handshake",
  "after-bitfield",
  "after-interested",
  "mid-piece",
] as const
export type LeavingStage = (typeof leavingStages)[number]

type Leave = (visit: Visit) => void

const at: Record<LeavingStage, (steps: Steps, leave: Leave) => Partial<Steps>> = {
  "on-accept": (_, leave) => ({ accepted: leave }),
  "before-handshake": (_, leave) => ({ greet: leave }),
  "after-handshake": (_, leave) => ({ claim: leave }),
  "after-bitfield": (steps, leave) => ({
    claim(visit) {
      steps.claim(visit)
      leave(visit)
    },
  }),
  "after-interested": (_, leave) => ({ interested: leave }),
  // One block arrives, no other.
  "mid-piece": (steps, leave) => {
    const served = new WeakSet<Visit>()
    return {
      serve(visit, block) {
        if (served.has(visit)) return undefined
        served.add(visit)
        return steps.serve(visit, block)
      },
      bytes(visit, block) {
        leave(visit)
        return steps.bytes(visit, block)
      },
    }
  },
}

export const leaves =
  (stage: LeavingStage, how: "close" | "reset" = "close"): Behaviour =>
  (steps) => ({ ...steps, ...at[stage](steps, (visit) => visit[how]()) })
