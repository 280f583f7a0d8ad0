/** How long a real client takes for everything, in a place like the auditor's. */
import type { Driver } from "../../test/clients/client.ts"
import { downloadWith } from "../../test/clients/download.ts"
import type { Host, Lab } from "../../test/clients/netns.ts"
import type { Payload } from "../../test/clients/payload.ts"
import { driverOf } from "./members.ts"
import type { TruthScenario } from "./scenario.ts"
import type { Truth } from "./truth.ts"

const patienceMs = 150_000

export interface CopyOptions {
  readonly lab: Lab
  /** One copy at each, one after the other: their median counts. */
  readonly hosts: readonly Host[]
  readonly payload: Payload
  readonly say: (line: string) => void
}

export async function timedCopy(
  { fullCopyWith }: TruthScenario,
  { hosts, ...options }: CopyOptions,
): Promise<Truth["fullCopy"]> {
  if (fullCopyWith === null) return null
  const times: number[] = []
  for (const host of hosts) times.push(await copyMs(driverOf(fullCopyWith), { ...options, host }))
  const ms = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? patienceMs
  return { driver: fullCopyWith, ms }
}

async function copyMs(
  driver: Driver,
  { say, ...options }: Omit<CopyOptions, "hosts"> & { host: Host },
): Promise<number> {
  try {
    const { ms } = await downloadWith(driver, { ...options, timeoutMs: patienceMs })
    say(`${driver.name} had everything after ${(ms / 1_000).toFixed(1)} s`)
    return ms
  } catch (error) {
    // It ran and wasn't done: a time as well, since no range that ends before it was right. Anything else is the lab's fault.
    if (!(error instanceof Error) || !error.message.startsWith(`${driver.name}'s download`)) throw error
    say(`${driver.name} did not have everything after ${patienceMs / 1_000} s`)
    return patienceMs
  }
}
