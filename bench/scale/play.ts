/** Starts a crowd and whoever visits it, each a process of its own, and watches what they cost. */
import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Snapshot } from "../../src/report.ts"
import type { Shape } from "./swarm.ts"

const root = join(import.meta.dirname, "..", "..")
const cli = join(root, "bin", "torrent-audit.js")
const source = join(root, "src", "cli.ts")

export interface Crowd {
  readonly folder: string
  readonly torrents: readonly string[]
  /** So far; `firstAt` ms since 1970. */
  marks(): Promise<{ connections: number; mostOpen: number; firstAt: number; sentBytes: number }>
  stop(): Promise<void>
}

const textOf = async (child: ChildProcess): Promise<string> => {
  const [line] = (await once(child.stdout ?? child, "data")) as [Buffer]
  return line.toString()
}

export async function startCrowd(shape: Shape & { serves: boolean }): Promise<Crowd> {
  const folder = mkdtempSync(join(tmpdir(), "torrent-audit-scale-"))
  const script = [join(import.meta.dirname, "crowd.ts"), folder, JSON.stringify(shape)]
  const child = spawn(process.execPath, script, { stdio: ["pipe", "pipe", "inherit"] })
  await textOf(child)
  return {
    folder,
    torrents: Array.from({ length: shape.torrents }, (_, i) => join(folder, `${i}.torrent`)),
    async marks() {
      const line = textOf(child)
      child.kill("SIGUSR2")
      return JSON.parse(await line) as Awaited<ReturnType<Crowd["marks"]>>
    },
    async stop() {
      child.stdin.end()
      await once(child, "exit")
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export interface Cost {
  readonly wallMs: number
  /** User and system, of the whole process. */
  readonly cpuMs: number
  readonly peakRssBytes: number
}

/** Linux. What a process has used so far; null once it is gone. */
function costOf(pid: number): Omit<Cost, "wallMs"> | null {
  try {
    const peakKiB = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")
    // In hundredths of a second.
    const cpuMs = 10 * (Number(fields[11]) + Number(fields[12]))
    return peakKiB === undefined ? null : { cpuMs, peakRssBytes: Number(peakKiB) * 1_024 }
  } catch {
    return null
  }
}

const lookEveryMs = 10

/** Runs the built program, or its source, to its end. Throws where it fails. */
export async function audit(
  crowd: Crowd,
  args: readonly string[],
  { nodeOptions = [], fromSource = false }: { nodeOptions?: readonly string[]; fromSource?: boolean } = {},
): Promise<{ cost: Cost; exitCode: number | null }> {
  const startedMs = performance.now()
  const program = fromSource ? source : cli
  const child = spawn(
    process.execPath,
    [...nodeOptions, program, ...args, "--allow-local", "--no-dht", "--pace", "lab"],
    {
      env: { ...process.env, XDG_STATE_HOME: crowd.folder, XDG_CACHE_HOME: crowd.folder },
      stdio: ["ignore", "ignore", "pipe"],
    },
  )
  let said = ""
  child.stderr.on("data", (text: Buffer) => {
    said += text.toString()
  })
  let cost = { cpuMs: 0, peakRssBytes: 0 }
  const looking = setInterval(() => {
    cost = costOf(child.pid ?? 0) ?? cost
  }, lookEveryMs)
  const [exitCode] = (await once(child, "exit")) as [number | null]
  clearInterval(looking)
  if (exitCode === null || exitCode > 3 || said.includes("error["))
    throw new Error(`exit ${exitCode}: ${said}`)
  return { cost: { ...cost, wallMs: performance.now() - startedMs }, exitCode }
}

export const snapshotAt = (path: string): Snapshot => JSON.parse(readFileSync(path, "utf8")) as Snapshot

export interface LibtorrentResult extends Cost {
  readonly version: string
  readonly told: number
  readonly served: number
  /** ms since 1970, ascending. */
  readonly toldAt: readonly number[]
  readonly doneAt: number
  readonly payloadBytes: number
}

export async function libtorrent(
  crowd: Crowd,
  peers: number,
  until: "bitfields" | "complete",
): Promise<LibtorrentResult> {
  const options = {
    torrent: crowd.torrents[0],
    data: join(crowd.folder, "data"),
    peers,
    until,
    timeoutMs: 120_000,
  }
  const script = join(import.meta.dirname, "libtorrent_crowd.py")
  const child = spawn("/usr/bin/python3", [script, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  let said = ""
  child.stdout.on("data", (text: Buffer) => {
    said += text.toString()
    // It takes its time to leave.
    if (said.endsWith("\n")) child.kill("SIGKILL")
  })
  await once(child, "close")
  return JSON.parse(said) as LibtorrentResult
}
