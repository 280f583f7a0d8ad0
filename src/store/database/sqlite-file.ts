/** The database as a file: made private, brought up to date, never touched where it is newer than we are or not ours. */
import { closeSync, constants, fstatSync, openSync } from "node:fs"
import { dirname } from "node:path"
import { sql } from "kysely"
import { InputError } from "../../failure.ts"
import { makeDirectory } from "../directory.ts"
import { patiently } from "./sqlite-failures.ts"
import { connect, type Connection } from "./sqlite-connection.ts"
import { migrations, sqliteTypes } from "./migrations.ts"

/** "TAhi": tells our file from any other of SQLite's. */
const applicationId = 0x54416869

/** Throws SQLite's errors, those of node:fs, and InputError where the file is not for us. */
export async function openDatabase(path: string): Promise<Connection> {
  makeFile(path)
  const connection = connect(path)
  try {
    await patiently(() => prepare(connection, path))
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

/** Peers' addresses are nobody else's business. SQLite gives the -wal and -shm beside it the same mode. */
function makeFile(path: string): void {
  makeDirectory(dirname(path))
  const { O_RDWR, O_CREAT, O_NONBLOCK } = constants
  const file = openSync(path, O_RDWR | O_CREAT | (O_NONBLOCK ?? 0), 0o600)
  const isFile = fstatSync(file).isFile()
  closeSync(file)
  // SQLite would wait for the other end of a pipe.
  if (!isFile) throw Object.assign(new Error("not a regular file"), { code: "EEXIST" })
}

async function prepare({ pragma, queries }: Connection, path: string): Promise<void> {
  const versionOf = () => Number(pragma("user_version"))
  check(versionOf(), pragma, path)
  // A table of ours that is a view may never end, and a trigger do what it likes: we make neither.
  const { rows } = await sql`select 1 from sqlite_schema where type in ('view', 'trigger')`.execute(queries)
  if (rows.length > 0) throw notOurs(path)
  // Before the first table: what `prune` frees then goes back to the disk.
  if (Number(pragma("page_count")) === 0) pragma("auto_vacuum = incremental")
  // Readers and a writer don't wait for each other, and a killed writer leaves nothing behind.
  pragma("journal_mode = wal")
  // An audit ends every few minutes: it can wait for the disk, and what was called saved is still there after a power cut.
  pragma("synchronous = full")
  // What was pruned was meant to be gone.
  pragma("secure_delete = on")
  if (versionOf() === migrations.length) return
  await queries.transaction().execute(async (transaction) => {
    // Anew, now that nobody else can write: another process may just have done it.
    const version = versionOf()
    check(version, pragma, path)
    for (const migrate of migrations.slice(version)) await migrate(transaction, sqliteTypes)
    pragma(`application_id = ${applicationId}`)
    pragma(`user_version = ${migrations.length}`)
  })
}

function check(version: number, pragma: Connection["pragma"], path: string): void {
  const isEmpty = version === 0 && Number(pragma("schema_version")) === 0
  if (!isEmpty && Number(pragma("application_id")) !== applicationId) throw notOurs(path)
  if (version > migrations.length)
    throw new InputError(
      "bad-snapshot",
      `history schema ${version} is newer than mine (${migrations.length})`,
      "Upgrade torrent-audit.",
    )
}

const notOurs = (path: string): InputError =>
  new InputError(
    "bad-snapshot",
    `${path} is not a history of torrent-audit`,
    "Move it away: a new one is begun then.",
  )
