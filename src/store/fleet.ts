/** What a fleet shares: its targets, what is due, who works, what trackers answered. One database, any number of machines. */
import type { FleetStatus } from "../report.ts"
import { databaseAt, type Database } from "./database.ts"
import { clockOf } from "./fleet/clock.ts"
import { dueIn, type DueAudits } from "./fleet/due.ts"
import { mannersIn, type Manners } from "./fleet/manners.ts"
import { queueOf } from "./fleet/queue.ts"
import { statusOf } from "./fleet/status.ts"
import { targetsIn, type Targets } from "./fleet/targets.ts"
import { workersIn, type Workers } from "./fleet/workers.ts"

export type { Begun, DueAudit, DueAudits, DueKey } from "./fleet/due.ts"
export type { Manners, SharedAnswers } from "./fleet/manners.ts"
export type { FleetTarget, Targets } from "./fleet/targets.ts"
export type { WorkerIdentity, Workers } from "./fleet/workers.ts"

export interface Fleet {
  readonly database: Database
  readonly targets: Targets
  readonly due: DueAudits
  readonly workers: Workers
  readonly manners: Manners
  status(): Promise<FleetStatus>
  close(): Promise<void>
}

/** `place`: the state directory, for one worker on this machine; or the URL of a PostgreSQL database. */
export async function openFleet(place: string, options: { connections?: number } = {}): Promise<Fleet> {
  const database = await databaseAt(place, options)
  const queue = queueOf(database)
  return {
    database,
    targets: targetsIn(database),
    due: dueIn(database, queue),
    workers: workersIn(database, queue),
    manners: mannersIn(database, queue),
    status: () => database.use(async (queries) => statusOf(queries, await clockOf(database)(queries))),
    close: () => database.close(),
  }
}
