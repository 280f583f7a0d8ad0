/** Debian's PostgreSQL, a server of our own: its files in a new folder, on a free port of loopback; it ends with the test. */
import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { quietPort } from "./ports.ts"

export interface PostgresServer {
  readonly port: number
  /** The folder of its Unix socket: there the superuser needs no password, whatever network the server is in. */
  readonly socket: string
  /** Of a role that may do anything; or of `user`. */
  url(database?: string, user?: string): string
  /** Statements, as the superuser; what they print, bare. */
  sql(text: string, database?: string): string
  /** As after a crash of the machine (`immediate`), or as an operator does it (`fast`). */
  restart(how: "fast" | "immediate", awayMs?: number): Promise<void>
  stop(): Promise<void>
}

const superuser = "postgres"
const password = "not-a-secret"

/** `around`: what the server runs in, as `ip netns exec NAME` has it; `host` is its address there. */
export async function startPostgres({
  host = "127.0.0.1",
  around = [],
}: { host?: string; around?: readonly string[] } = {}): Promise<PostgresServer> {
  const programs = newestPrograms()
  const folder = mkdtempSync(join(tmpdir(), "torrent-audit-postgres-"))
  // Its programs refuse to be root's.
  const asUser = process.getuid?.() === 0 ? ["runuser", "-u", "postgres", "--"] : []
  if (asUser.length > 0) execFileSync("chown", ["postgres", folder])
  chmodSync(folder, 0o711)
  const run = (words: readonly string[], input = ""): string => {
    const [program = "", ...rest] = [...asUser, ...words]
    return execFileSync(program, rest, {
      input,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe"],
      cwd: folder,
    })
  }
  // Seconds, in which nothing else of this process may stand still.
  const patiently = async (words: readonly string[]): Promise<void> => {
    const [program = "", ...rest] = [...asUser, ...words]
    await promisify(execFile)(program, rest, { cwd: folder })
  }
  const data = join(folder, "data")
  const secret = join(folder, "password")
  writeFileSync(secret, password, { mode: 0o644 })
  const as = `-U ${superuser} -E UTF8 --locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256`.split(
    " ",
  )
  await patiently([join(programs, "initdb"), "-D", data, "--pwfile", secret, ...as])
  const port = await quietPort()
  const hosts = `host all all 0.0.0.0/0 scram-sha-256\nlocal all all trust\n`
  run(["tee", join(data, "pg_hba.conf")], hosts)

  let server: ChildProcess | null = null
  async function start(): Promise<void> {
    const how = `-D ${data} -p ${port} -h ${host} -k ${folder} -c max_connections=200`.split(" ")
    const [program = "", ...words] = [...around, ...asUser, join(programs, "postgres"), ...how]
    const child = spawn(program, words, { stdio: ["ignore", "ignore", "pipe"], cwd: folder })
    server = child
    child.stderr?.resume()
    for (let tries = 0; ; tries++) {
      try {
        await patiently([join(programs, "pg_isready"), "-q", "-h", folder, "-p", String(port)])
        return
      } catch (error) {
        if (tries > 200 || child.exitCode !== null) throw error
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  }
  async function end(how: "fast" | "immediate"): Promise<void> {
    const child = server
    if (child === null || child.exitCode !== null) return
    const gone = once(child, "exit")
    run([join(programs, "pg_ctl"), "stop", "-D", data, "-m", how, "-W"])
    await gone
    server = null
  }
  await start()

  return {
    port,
    socket: folder,
    url: (database = "postgres", user = superuser) =>
      `postgres://${user}:${password}@${host}:${port}/${database}`,
    sql: (text, database = "postgres") =>
      run(
        [
          "psql",
          "-qAtX",
          "-v",
          "ON_ERROR_STOP=1",
          "-h",
          folder,
          "-p",
          String(port),
          "-U",
          superuser,
          database,
        ],
        text,
      ).trim(),
    async restart(how, awayMs = 0) {
      await end(how)
      await new Promise((resolve) => setTimeout(resolve, awayMs))
      await start()
    },
    async stop() {
      await end("immediate")
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function newestPrograms(): string {
  const all = "/usr/lib/postgresql"
  const versions = existsSync(all) ? readdirSync(all).toSorted((a, b) => Number(b) - Number(a)) : []
  const found = versions
    .map((version) => join(all, version, "bin"))
    .find((bin) => existsSync(join(bin, "initdb")))
  if (found === undefined) throw new Error("no PostgreSQL here: apt-get install postgresql")
  return found
}
