/** An honest swarm, the program as a process beside it, and what came of it: for faults of the machine, not of the swarm. */
import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Snapshot } from "../../../src/report.ts"
import type { SwarmCommand, SwarmOptions, SwarmTold } from "./swarm.ts"

const cli = join(import.meta.dirname, "..", "..", "..", "bin", "torrent-audit.js")

/** What is done when the test is over: tests wait a lot, and so run beside each other, where each has its own. */
export type Defer = (undo: () => void | Promise<void>) => void

export interface Ended {
  status: number | null
  out: string
  err: string
  /** What `-o` wrote; null: no such file. */
  snapshot: Snapshot | null
}

export interface Stage {
  readonly folder: string
  readonly home: string
  readonly swarm: SwarmTold
  readonly tell: (command: SwarmCommand) => void
  /** Words before the program's own: what befalls it (`prlimit --nofile=40`). */
  readonly audit: (
    words: readonly string[],
    options?: { before?: readonly string[]; env?: NodeJS.ProcessEnv },
  ) => Running
}

export interface Running {
  readonly process: ChildProcess
  readonly ended: Promise<Ended>
  /** Until it said that on standard error. */
  says(pattern: RegExp): Promise<void>
}

/** `around`: of whatever is started, as `nsenter` has it. */
export async function stage(
  defer: Defer,
  options: SwarmOptions,
  around: readonly string[] = [],
): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "torrent-audit-faults-"))
  const home = mkdtempSync(join(tmpdir(), "torrent-audit-faults-home-"))
  const script = [process.execPath, join(import.meta.dirname, "swarm.ts"), folder, JSON.stringify(options)]
  const [program = "", ...words] = [...around, ...script]
  const swarm = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] })
  defer(async () => {
    swarm.stdin.end()
    await once(swarm, "exit")
    rmSync(folder, { recursive: true, force: true })
    rmSync(home, { recursive: true, force: true })
  })
  const [line] = (await once(swarm.stdout, "data")) as [Buffer]
  const told = JSON.parse(line.toString()) as SwarmTold
  return {
    folder,
    home,
    swarm: told,
    tell: (command) => void swarm.stdin.write(`${command}\n`),
    audit(words, { before = [], env = {} } = {}) {
      const out = join(folder, "x.json")
      const all = [...around, ...before, process.execPath, cli, told.torrent, ...words]
      const manners = ["--pace", "lab", "--allow-local", "--no-dht", "-o", out]
      const [first = "", ...others] = [...all, ...manners]
      const own = { HOME: home, XDG_STATE_HOME: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home }
      const child = spawn(first, others, {
        stdio: ["ignore", "pipe", "pipe"],
        env: { PATH: process.env["PATH"], LANG: "C.UTF-8", ...own, ...env },
      })
      return running(defer, child, () =>
        existsSync(out) ? (JSON.parse(readFileSync(out, "utf8")) as Snapshot) : null,
      )
    },
  }
}

function running(defer: Defer, child: ChildProcess, snapshot: () => Snapshot | null): Running {
  let [out, err] = ["", ""]
  const waiting = new Set<() => void>()
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (out += text))
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    err += text
    for (const look of waiting) look()
  })
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (status) => resolve({ status, out, err, snapshot: snapshot() }))
  })
  defer(() => void child.kill("SIGKILL"))
  const says = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!pattern.test(err)) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
      void ended.then(() => reject(new Error(`it ended and never said ${String(pattern)}: ${err}`)))
    })
  return { process: child, ended, says }
}

/** Whom the report accuses: warnings and failures about a peer or a tracker. Throws where there is no report. */
export function accused(snapshot: Snapshot | null): string[] {
  if (snapshot === null) throw new Error("no snapshot was written")
  return snapshot.findings
    .filter(
      ({ verdict, subject }) =>
        (verdict === "warn" || verdict === "fail") && /^(peer|tracker):/.test(subject),
    )
    .map(({ audit, subject }) => `${audit} ${subject}`)
}

export const cap = (snapshot: Snapshot | null, name: string) =>
  snapshot?.run.capsHit.find((each) => each.cap === name) ?? null
