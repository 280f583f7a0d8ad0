/** The history and a fleet in a real PostgreSQL: everything that they do in a file. */
import { afterAll, beforeAll, beforeEach, describe } from "vitest"
import { initPostgres } from "../../src/store/database/postgres-init.ts"
import { openFleet } from "../../src/store/fleet.ts"
import { openHistory } from "../../src/store/history.ts"
import { fleetContract } from "../support/fleet-contract.ts"
import { historyContract } from "../support/history-contract.ts"
import { startPostgres, type PostgresServer } from "../support/postgres-server.ts"

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

describe("what a file does too", () => {
  const database = "kept"
  beforeAll(async () => {
    server.sql(`create database ${database}`)
    await initPostgres(server.url(database), null)
  })
  beforeEach(() => {
    server.sql(
      "truncate torrent_audit.target, torrent_audit.audit, torrent_audit.snapshot, torrent_audit.told cascade",
      database,
    )
  })
  historyContract(() => openHistory(server.url(database)))
})

describe("a fleet", () => {
  const database = "shared"
  beforeAll(async () => {
    server.sql(`create database ${database}`)
    await initPostgres(server.url(database), null)
  })
  beforeEach(() => {
    const names =
      "target audit snapshot fleet_target fleet_vantage fleet_worker due_audit standing tracker_answer tracker_turn"
    const tables = names.split(" ").map((name) => `torrent_audit.${name}`)
    server.sql(
      `truncate ${tables.join(", ")} cascade; delete from torrent_audit_jobs._private_jobs`,
      database,
    )
  })
  fleetContract(() => openFleet(server.url(database), { connections: 8 }))
})
