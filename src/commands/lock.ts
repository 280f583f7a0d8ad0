/** One audit of a target at a time on this machine: a second one would only double what the swarm has to bear. */
import { InputError } from "../failure.ts"
import { holdLock } from "../store/lock.ts"
import { stateDirectory } from "../store/state.ts"
import type { Context } from "./context.ts"

/** Throws InputError `locked` while another living process audits the same target. Where no lock can be written, none is held. */
export async function withLock<T>(
  infoHash: string,
  { environment }: Pick<Context, "environment">,
  use: () => Promise<T>,
): Promise<T> {
  const lock = await holdLock(stateDirectory(environment), infoHash)
  if (!lock.held) {
    const who = lock.heldBy === null ? "" : ` (pid ${lock.heldBy})`
    throw new InputError("locked", `audit already running${who}`, "Wait; kept snapshots are safe.")
  }
  try {
    return await use()
  } finally {
    lock.free()
  }
}
