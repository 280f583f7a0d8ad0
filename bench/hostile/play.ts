/** One staged case, from its folder to what came of it: the program is run as a process of its own, watched, and killed when it hangs. */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { FailedSnapshot, Snapshot } from "../../src/report.ts"
import type { Outcome, Stage, Staged } from "./case.ts"

/** wrong: it ended in time, but not with what the case demands; broken: the case itself could not be staged. */
export type Verdict = "survived" | "crash" | "hang" | "wrong" | "broken"

export interface Played {
  readonly verdict: Verdict
  /** One sentence. */
  readonly happened: string
  readonly wallMs: number
  readonly peakRssBytes: number
}

const pollMs = 50
const maxOutputBytes = 64 * 1024 * 1024
/** What Node and V8 print when nobody caught it, and cli.ts when it did. */
const crashMarks =
  /This is a bug|error\[internal\]|Unhandled|unhandled|FATAL ERROR|heap out of memory|\n {4}at .+:\d+:\d+/

export async function play(
  stageCase: (stage: Stage) => Promise<Staged>,
  { program, compileCache }: { program: string; compileCache: string },
): Promise<Played> {
  const folder = mkdtempSync(join(tmpdir(), "torrent-audit-hostile-"))
  const undos: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
  try {
    const staged = await stageCase({ folder, defer: (undo) => void undos.push(undo) })
    const ran = await run(staged, { program, compileCache, folder })
    return {
      ...(await judge(staged, ran)),
      wallMs: ran.outcome.wallMs,
      peakRssBytes: ran.outcome.peakRssBytes,
    }
  } catch (error) {
    return { verdict: "broken", happened: `not staged: ${messageOf(error)}`, wallMs: 0, peakRssBytes: 0 }
  } finally {
    for (const undo of undos.toReversed()) await Promise.resolve(undo()).catch(() => {})
  }
}

interface Ran {
  outcome: Outcome
  signal: NodeJS.Signals | null
  isHung: boolean
}

async function judge(
  staged: Staged,
  { outcome, signal, isHung }: Ran,
): Promise<Omit<Played, "wallMs" | "peakRssBytes">> {
  const { exitCode, stderr } = outcome
  if (isHung) return { verdict: "hang", happened: `still there after ${staged.withinMs / 1_000} s` }
  const mark = crashMarks.exec(stderr)?.[0].trim()
  const isInternal = exitCode === 70 && !/error\[(cant-write|no-cron|bad-crontab)\]/.test(stderr)
  if (signal !== null || isInternal || mark !== undefined)
    return {
      verdict: "crash",
      happened: `${signal ?? `exit ${exitCode}`}: ${mark ?? ""} ${stderr.slice(-500)}`,
    }
  try {
    return { verdict: "survived", happened: await staged.check(outcome) }
  } catch (error) {
    return {
      verdict: "wrong",
      happened: `${messageOf(error)} (exit ${exitCode}) ${stderr.slice(-300)}`.trim(),
    }
  }
}

async function run(
  { args, env, stdin, withinMs }: Staged,
  { program, compileCache, folder }: { program: string; compileCache: string; folder: string },
): Promise<Ran> {
  const began = performance.now()
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"],
      LANG: "C.UTF-8",
      HOME: folder,
      XDG_STATE_HOME: join(folder, "state"),
      XDG_CACHE_HOME: join(folder, "cache"),
      XDG_CONFIG_HOME: join(folder, "config"),
      NODE_COMPILE_CACHE: compileCache,
      ...env,
    },
    stdio: "pipe",
  })
  const [stdout, stderr] = [collected(child.stdout), collected(child.stderr)]
  child.stdin.on("error", () => {})
  child.stdin.end(stdin ?? "")
  const orphaned = () => void child.kill("SIGKILL")
  process.once("exit", orphaned)

  let highWaterBytes = 0
  const poll = setInterval(() => (highWaterBytes = Math.max(highWaterBytes, highWater(child.pid))), pollMs)
  let isHung = false
  const limit = setTimeout(() => {
    isHung = true
    child.kill("SIGKILL")
  }, withinMs)
  const { code, signal } = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(
    (resolve) => child.once("close", (code, signal) => resolve({ code, signal })),
  )
  clearInterval(poll)
  clearTimeout(limit)
  process.off("exit", orphaned)
  const snapshot = args.includes("--json") ? snapshotOf(stdout()) : null
  const outcome: Outcome = {
    exitCode: code,
    stdout: stdout(),
    stderr: stderr(),
    snapshot,
    wallMs: Math.round(performance.now() - began),
    peakRssBytes: Math.max(highWaterBytes, snapshot?.run.usage.peakRssBytes ?? 0),
  }
  return { outcome, signal, isHung }
}

function collected(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = []
  let bytes = 0
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= maxOutputBytes) chunks.push(chunk)
  })
  return () => Buffer.concat(chunks).toString("utf8")
}

/** Linux counts it for us; elsewhere there is only what the snapshot says. */
function highWater(pid: number | undefined): number {
  try {
    const kib = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
    return Number(kib ?? 0) * 1_024
  } catch {
    return 0
  }
}

function snapshotOf(text: string): Snapshot | null {
  try {
    const parsed = JSON.parse(text) as Snapshot | FailedSnapshot
    return "schemaVersion" in parsed && parsed.error === null ? parsed : null
  } catch {
    return null
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
