/** How long a real client takes for everything, in a place like the auditor's. */
import { downloadWith } from "../../test/clients/download.ts"
import type { Host, Lab } from "../../test/clients/netns.ts"
import type { Payload } from "../../test/clients/payload.ts"
import { driverOf } from "./members.ts"
import type { TruthScenario } from "./scenario.ts"
import type { Truth } from "./truth.ts"

const patienceMs = 150_000

export async function timedCopy(
  { fullCopyWith }: TruthScenario,
  lab: Lab,
  host: Host,
  payload: Payload,
  say: (line: string) => void,
): Promise<Truth["fullCopy"]> {
  if (fullCopyWith === null) return null
  const driver = driverOf(fullCopyWith)
  try {
    const { ms } = await downloadWith(driver, { lab, host, payload, timeoutMs: patienceMs })
    say(`${fullCopyWith} had everything after ${(ms / 1_000).toFixed(1)} s`)
    return { driver: fullCopyWith, ms }
  } catch (error) {
    // It ran and wasn't done: a time as well, since no range that ends before it was right. Anything else is the lab's fault.
    if (!(error instanceof Error) || !error.message.startsWith(`${driver.name}'s download`)) throw error
    say(`${fullCopyWith} did not have everything after ${patienceMs / 1_000} s`)
    return { driver: fullCopyWith, ms: patienceMs }
  }
}
