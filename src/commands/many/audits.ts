import type { GatherOptions } from "../../gather.ts"
import { limits } from "../../limits.ts"

/** How many of several audits run at once. */
export function audits({ depth, pace }: Pick<GatherOptions, "depth" | "pace">): number {
  const most = limits.many.audits[depth]
  return pace === "polite" ? Math.min(most, limits.many.politeAudits) : most
}
