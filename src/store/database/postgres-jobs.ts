/** graphile-worker, which hands out what is due from a PostgreSQL database: its locks, its retries, its LISTEN. */
import { EventEmitter } from "node:events"
import { Logger, run, type WorkerEvents } from "graphile-worker"
import { limits } from "../../limits.ts"
import { explained } from "./postgres-failures.ts"
import { patient } from "./postgres-patience.ts"
import type { PostgresDatabase } from "./postgres.ts"

/** What it says goes nowhere: its failures come back as errors, or pass. */
export const silent = new Logger(() => () => {})

export interface Jobs {
  schema: string
  task: string
  atOnce: number
  /** One that rejects is handed out again, later each time. */
  take: (payload: unknown) => Promise<void>
  /** By which name it locks what it takes, from its beginning on. */
  onLock: (name: string) => void
}

/**
 * Until `stop` is aborted; then what was taken is waited for. Rejects when it can't go on, after what was taken: whatever it holds stays
 * locked.
 */
export async function runJobs(
  { pool, address }: Pick<PostgresDatabase, "pool" | "address">,
  { schema, task, atOnce, take, onLock }: Jobs,
  stop: AbortSignal,
): Promise<void> {
  const events = new EventEmitter() as WorkerEvents
  events.on("pool:create", ({ workerPool }) => onLock(workerPool.id))
  const explain = (error: unknown): never => {
    const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error]
    throw explained(first instanceof Error && first.cause !== undefined ? first.cause : first, address)
  }
  const runner = await run({
    pgPool: patient(pool),
    schema,
    logger: silent,
    events,
    concurrency: atOnce,
    noHandleSignals: true,
    pollInterval: limits.fleet.pollMs,
    taskList: { [task]: (payload) => take(payload) },
  }).catch(explain)
  const onStop = () => void runner.stop().catch(() => {})
  stop.addEventListener("abort", onStop, { once: true })
  if (stop.aborted) onStop()
  try {
    await runner.promise.catch(explain)
  } finally {
    stop.removeEventListener("abort", onStop)
  }
}
