/** A fleet in a file, for one worker. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach } from "vitest"
import { openFleet } from "../../src/store/fleet.ts"
import { fleetContract } from "../support/fleet-contract.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-fleet-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

fleetContract(() => openFleet(folder))
