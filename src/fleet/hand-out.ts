/** What is due → the worker, so much at once, until it is told to stop. */
import { setTimeout as sleep } from "node:timers/promises"
import { limits } from "../limits.ts"
import type { DueKey, Fleet } from "../store/fleet.ts"
import { jobsSchema } from "../store/database/tables.ts"
import { taskOf } from "../store/fleet/queue.ts"

export interface Hands {
  vantage: string
  atOnce: number
  /** Rejects: it shall be handed out again. */
  take: (key: DueKey) => Promise<void>
  onLock: (name: string) => void
}

/** Resolves when what was taken has ended. */
export async function handOut(fleet: Fleet, hands: Hands, stop: AbortSignal): Promise<void> {
  const { database } = fleet
  if (database.kind === "sqlite") return poll(fleet, hands, stop)
  const { runJobs } = await import("../store/database/postgres-jobs.ts")
  const { vantage, atOnce, take, onLock } = hands
  await runJobs(
    database,
    { schema: jobsSchema, task: taskOf(vantage), atOnce, take: (payload) => take(keyOf(payload)), onLock },
    stop,
  )
}

function keyOf(payload: unknown): DueKey {
  const { infoHash, vantage, dueAt } = payload as Partial<DueKey>
  return { infoHash: String(infoHash), vantage: String(vantage), dueAt: String(dueAt) }
}

/** Of one worker alone. */
async function poll(
  { due }: Pick<Fleet, "due">,
  { vantage, atOnce, take }: Hands,
  stop: AbortSignal,
): Promise<void> {
  const running = new Map<string, Promise<void>>()
  try {
    while (!stop.aborted) {
      const room = atOnce - running.size
      const found = room > 0 ? await due.waiting(vantage, room) : []
      for (const key of found) {
        const name = `${key.infoHash} ${key.dueAt}`
        // What failed waits by its own `run_at`.
        const ending = take(key).catch(() => {})
        running.set(name, ending)
        void ending.finally(() => running.delete(name))
      }
      const pause = sleep(found.length > 0 ? 0 : limits.fleet.pollMs, undefined, { signal: stop }).catch(
        () => {},
      )
      await (running.size >= atOnce ? Promise.race(running.values()) : pause)
    }
  } finally {
    // Also where the file could not be asked: what runs is still ours.
    await Promise.all(running.values())
  }
}
