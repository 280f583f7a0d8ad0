/** The command line as a user runs it, built, in a home of its own. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inject } from "vitest"

/** Hundreds of processes read the same program: what Node made of it is kept for the next one. */
const compileCache = join(tmpdir(), "torrent-audit-compile-cache")

export interface Ran {
  status: number | null
  out: string
  err: string
}

export interface RunOptions {
  stdin?: Uint8Array | string
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** Called once the process wrote something that matches. `close`: nobody reads its output any more. */
  onOutput?: { match: RegExp; act: (kill: (signal: NodeJS.Signals) => void, close: () => void) => void }
}

export function runCli(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const home = mkdtempSync(join(tmpdir(), "torrent-audit-home-"))
  const child = spawn(process.execPath, [inject("cli"), ...args], {
    cwd: options.cwd ?? home,
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      LANG: "C.UTF-8",
      XDG_STATE_HOME: home,
      NODE_COMPILE_CACHE: compileCache,
      ...options.env,
    },
    stdio: "pipe",
  })
  let [out, err] = ["", ""]
  let acted = false
  const seen = () => {
    if (acted || !options.onOutput?.match.test(out + err)) return
    acted = true
    options.onOutput.act(
      (signal) => void child.kill(signal),
      () => child.stdout.destroy(),
    )
  }
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text
    seen()
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text
    seen()
  })
  child.stdin.on("error", () => {})
  child.stdin.end(options.stdin ?? "")
  return new Promise((resolve) => {
    child.on("close", (status) => {
      rmSync(home, { recursive: true, force: true })
      resolve({ status, out, err })
    })
  })
}
