/** A process that adds audits to a history until it is killed, and says each that it was told is kept: DIRECTORY BASE.json PREFIX */
import { readFileSync, writeSync } from "node:fs"
import type { Snapshot } from "../../src/report.ts"
import { openHistory } from "../../src/store/history.ts"
import { again } from "./kept-audits.ts"

const [directory = "", base = "", prefix = ""] = process.argv.slice(2)
const snapshot = JSON.parse(readFileSync(base, "utf8")) as Snapshot
for (let n = 0; ; n++) {
  // As a cron job does: opened for one audit, and closed again.
  const history = await openHistory(directory)
  const next = again(snapshot, Number.parseInt(prefix, 16) * 0x1_0000 + n)
  await history.add(next)
  writeSync(1, `${next.run.id}\n`)
  await history.close()
}
