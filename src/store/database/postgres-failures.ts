/** PostgreSQL's errors, as errors of the user's. https://www.postgresql.org/docs/15/errcodes-appendix.html */
import { InputError } from "../../failure.ts"
import { limits } from "../../limits.ts"
import { BadColumn } from "./columns.ts"

export interface Address {
  host: string
  port: number
  database: string
  user: string
}

const statementTimedOut = "57014"
/** A conflict with somebody else, or a server that is away or slow for a moment. */
const passingStates = new Set([
  statementTimedOut,
  "23503",
  "40001",
  "40P01",
  "55P03",
  "57P01",
  "57P02",
  "57P03",
  "53300",
])
const passingErrnos = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOENT"])
/** What `pg` says where it has no code. */
const brokenConnection =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|timeout expired|Query read timeout)/

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : ""

export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof InputError) return false
  const code = codeOf(error)
  return (
    passingStates.has(code) ||
    // Class 08: connection exceptions.
    /^08[0-9A-Z]{3}$/.test(code) ||
    passingErrnos.has(code) ||
    brokenConnection.test(error.message)
  )
}

/** What isn't known here is a bug of ours, and stays as it is. No password is ever in it. `denied`: what helps whoever lacks a right. */
export function explained(error: unknown, address: Address, denied: string | null = null): unknown {
  if (error instanceof InputError) return error
  if (error instanceof BadColumn)
    return new InputError(
      "bad-snapshot",
      `a table in ${address.database} holds what torrent-audit didn't write`,
      "Restore it from a backup.",
    )
  const known = reasonOf(error, address, denied)
  return known === null ? error : new InputError("no-store", ...known)
}

const init = "Make them: torrent-audit fleet init --store postgres://…"
const grant = "Grant it a worker's rights: torrent-audit fleet init --role ROLE"
const beyondGrant = "That is more than a worker needs: use the role that made the tables."

/** Message and hint. */
function reasonOf(
  error: unknown,
  { host, port, database, user }: Address,
  denied: string | null,
): [string, string] | null {
  if (!(error instanceof Error)) return null
  const where = `${host}:${port}`
  const code = codeOf(error)
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return [`the database's host ${host} was not found`, "Check the URL of --store."]
    case "ECONNREFUSED":
    case "ENOENT":
      return [`no database listens at ${where}`, "Start PostgreSQL, or check the URL of --store."]
    case "28P01":
    case "28000":
      return [
        `the database at ${where} refused user ${user}`,
        "Check user and password: in the URL, PGPASSWORD or ~/.pgpass.",
      ]
    case "3D000":
      return [
        `there is no database ${database} at ${where}`,
        `Make it: createdb -h ${host} -p ${port} ${database}`,
      ]
    case "3F000":
    case "42P01":
      return [`the database ${database} has no tables of torrent-audit`, init]
    case "42501":
      return [
        `user ${user} may not do that in ${database}: ${firstLine(error)}`,
        // Without a worker's rights not even the schema is open.
        denied ?? (error.message.includes("for table") ? beyondGrant : grant),
      ]
    case "25006":
      return [`the database at ${where} is read-only`, "Name the server that takes writes, not its copy."]
    case "53100":
      return [`the database at ${where} has no disk space left`, "Make room there."]
    case statementTimedOut:
      return [
        `the database at ${where} took longer than ${limits.store.statementMs / 1_000} s`,
        "See what else it does, and whether its disk keeps up.",
      ]
    case "53300":
      return [
        `the database at ${where} takes no more connections`,
        "Raise its max_connections, or run fewer workers.",
      ]
  }
  if (isPassing(error))
    return [
      `the database at ${where} doesn't answer: ${firstLine(error)}`,
      "Check the server and the way to it.",
    ]
  if (/SSL|certificate|self.signed/i.test(error.message) || code.startsWith("ERR_TLS"))
    return [
      `no secure connection to the database at ${where}: ${firstLine(error)}`,
      "Set sslmode and sslrootcert in the URL of --store.",
    ]
  if (/SASL|password/i.test(error.message))
    return [
      `the database at ${where} wants a password of user ${user}`,
      "Give it in PGPASSWORD or ~/.pgpass.",
    ]
  return null
}

export const firstLine = ({ message }: Error): string => (message.split("\n")[0] ?? "").slice(0, 200)
