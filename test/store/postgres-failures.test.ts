import { expect, test } from "vitest"
import { explained, isPassing } from "../../src/store/database/postgres-failures.ts"

test("a statement that took too long is told as such, and tried again", () => {
  const error = Object.assign(new Error("canceling statement due to statement timeout"), { code: "57014" })
  const address = { host: "db.example", port: 5432, database: "audits", user: "worker" }
  expect(isPassing(error)).toBe(true)
  expect(explained(error, address)).toMatchObject({
    code: "no-store",
    message: "the database at db.example:5432 took longer than 60 s",
  })
})
