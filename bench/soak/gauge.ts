/**
 * Loaded into the process that is measured (`node --expose-gc --import gauge.ts`): every ten seconds a line of JSON to the file
 * SOAK_GAUGE, of what is left after a full collection and of what keeps the event loop alive. Nothing of the program knows of it.
 */
import { appendFileSync } from "node:fs"

export interface Reading {
  /** Since the process began, ms. */
  atMs: number
  /** After a full collection, bytes. */
  heapBytes: number
  /** Sockets, timers, requests in the air: how many of each kind. */
  active: Record<string, number>
}

const file = process.env["SOAK_GAUGE"]
const everyMs = 10_000

function read(): Reading {
  // Twice: what a finaliser lets go of is collected by the next one.
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed } = process.memoryUsage()
  const active: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) active[kind] = (active[kind] ?? 0) + 1
  return { atMs: performance.now(), heapBytes: heapUsed, active }
}

if (file !== undefined)
  setInterval(() => appendFileSync(file, `${JSON.stringify(read())}\n`), everyMs).unref()
