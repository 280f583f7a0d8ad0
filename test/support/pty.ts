/** A command in a real terminal (a pty), shown by a real terminal emulator. */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { emulator, type Emulator } from "../render/emulator.ts"

export interface Written {
  ms: number
  text: string
}

export interface Pty {
  readonly pid: Promise<number>
  readonly screen: Emulator
  /** Everything written, with the time of each read. */
  readonly written: readonly Written[]
  keys(text: string): void
  resize(columns: number, rows: number): Promise<void>
  /** Until the rows, joined by line ends, are so. */
  until(what: (rows: string) => boolean): Promise<string>
  readonly exit: Promise<number>
  kill(): void
}

const patienceMs = 15_000

type Message = { ms: number; pid?: number; data?: string; size?: [number, number]; exit?: number }

export function openPty(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  size: [number, number] = [80, 24],
): Pty {
  const child = spawn(
    "python3",
    [join(import.meta.dirname, "in-terminal.py"), ...size.map(String), ...command],
    {
      env,
      stdio: ["pipe", "pipe", "inherit"],
    },
  )
  const screen = emulator(...size)
  const written: Written[] = []
  const pid = Promise.withResolvers<number>()
  const exit = Promise.withResolvers<number>()
  const watchers = new Set<() => void>()
  const resized: (() => void)[] = []
  const take = async ({ ms, ...message }: Message) => {
    if (message.pid !== undefined) pid.resolve(message.pid)
    if (message.data !== undefined) {
      const bytes = Buffer.from(message.data, "base64")
      written.push({ ms, text: bytes.toString("utf8") })
      screen.write(bytes)
    }
    if (message.size !== undefined) {
      await screen.resize(...message.size)
      resized.shift()?.()
    }
    if (message.exit !== undefined) exit.resolve(message.exit)
    for (const look of watchers) look()
  }
  let taking = Promise.resolve()
  createInterface({ input: child.stdout }).on("line", (line) => {
    taking = taking.then(() => take(JSON.parse(line) as Message))
  })
  child.on("error", exit.reject)
  const ask = (wish: object) => void child.stdin.write(`${JSON.stringify(wish)}\n`)
  return {
    pid: pid.promise,
    screen,
    written,
    keys: (keys) => ask({ keys }),
    resize(columns, rows) {
      const { promise, resolve } = Promise.withResolvers<void>()
      resized.push(resolve)
      ask({ size: [columns, rows] })
      return promise
    },
    until(what) {
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      const giveUp = async () => {
        watchers.delete(seen)
        reject(new Error(`never shown; the screen is\n${(await screen.rows()).join("\n")}`))
      }
      const tooLate = setTimeout(() => void giveUp(), patienceMs)
      const look = async () => {
        const rows = (await screen.rows()).join("\n")
        if (!what(rows) || !watchers.delete(seen)) return
        clearTimeout(tooLate)
        resolve(rows)
      }
      const seen = () => void look()
      watchers.add(seen)
      seen()
      return promise
    },
    exit: exit.promise,
    kill: () => void child.kill("SIGKILL"),
  }
}
