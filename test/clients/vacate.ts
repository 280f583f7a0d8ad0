/** A host as it was before its client came. */
import { readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { Host, Lab } from "./netns.ts"

/**
 * Sessions, locks and data go, and so do the sockets of relays: a stopped one leaves its file behind and the next can't
 * listen there. Logs stay.
 */
export async function vacate(lab: Lab, host: Host): Promise<void> {
  await lab.stopAll(host)
  for (const name of readdirSync(host.directory))
    if (!name.endsWith(".log")) rmSync(join(host.directory, name), { recursive: true, force: true })
}
