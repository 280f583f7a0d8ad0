/** Child processes and bounded waiting. Nothing here may outlive the run: every child is killed by its own id. */
import { execFile, spawn, type ChildProcess } from "node:child_process"
import { closeSync, openSync, readFileSync } from "node:fs"
import { promisify } from "node:util"

const execFileAsync = promisify(execFile)

export interface Child {
  readonly pid: number
  readonly logFile: string
  readonly running: boolean
  /** Resolves with the exit code once it ended, null when a signal did it. */
  readonly ended: Promise<number | null>
  /** TERM, and KILL when that did nothing for `graceMs`. */
  stop(graceMs?: number): Promise<void>
}

/** Runs to the end; throws with what it printed to stderr. */
export async function output(command: string, args: readonly string[], timeoutMs = 20_000): Promise<string> {
  const { stdout } = await execFileAsync(command, [...args], {
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout
}

export interface AttemptOptions {
  cwd: string
  env: Record<string, string>
  timeoutMs: number
}

export interface Ended {
  /** null: a signal, ours after `timeoutMs`, ended it. */
  code: number | null
  stdout: string
  stderr: string
  ms: number
}

/** Runs to the end, whatever the end is. */
export function attempt(command: string, args: readonly string[], options: AttemptOptions): Promise<Ended> {
  const began = performance.now()
  const { promise, resolve } = Promise.withResolvers<Ended>()
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8", HOME: options.cwd, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk))
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs)
  child.once("close", (code) => {
    clearTimeout(timer)
    resolve({
      code,
      stdout: Buffer.concat(stdout).toString(),
      stderr: Buffer.concat(stderr).toString(),
      ms: performance.now() - began,
    })
  })
  child.once("error", () => clearTimeout(timer))
  return promise
}

export function start(
  command: string,
  args: readonly string[],
  options: { logFile: string; cwd: string; env?: Record<string, string> },
): Child {
  const log = openSync(options.logFile, "a")
  const child = spawn(command, args, {
    cwd: options.cwd,
    // A home of its own: no client may read or write the user's settings.
    env: { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8", HOME: options.cwd, ...options.env },
    stdio: ["ignore", log, log],
  })
  closeSync(log)
  return childOf(child, options.logFile)
}

function childOf(child: ChildProcess, logFile: string): Child {
  let running = true
  const ended = new Promise<number | null>((resolve) => {
    const settle = (code: number | null) => {
      running = false
      resolve(code)
    }
    child.once("exit", settle)
    child.once("error", () => settle(null))
  })
  return {
    pid: child.pid ?? 0,
    logFile,
    get running() {
      return running
    },
    ended,
    async stop(graceMs = 3_000) {
      if (!running) return
      child.kill("SIGTERM")
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs)
      await ended
      clearTimeout(timer)
    },
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Polls until `probe` gives a value that is not null; a throw counts as «not yet» and is quoted when time runs out. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  probe: () => Promise<T | null> | T | null,
  everyMs = 100,
): Promise<T> {
  const end = performance.now() + timeoutMs
  let last = ""
  while (performance.now() < end) {
    try {
      const value = await probe()
      if (value !== null) return value
      last = ""
    } catch (error) {
      last = error instanceof Error ? `: ${error.message}` : ""
    }
    await pause(everyMs)
  }
  throw new Error(`${what}: not within ${timeoutMs} ms${last}`)
}

/** The last lines of a log, for a failure message. */
export function tail(logFile: string, lines = 15): string {
  try {
    return readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-lines).join("\n")
  } catch {
    return ""
  }
}
