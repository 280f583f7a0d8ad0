/** Fuzzes one target in processes of its own, until their time adds up. */
import { fork } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { setPriority } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Order, Progress } from "./process.ts"

/** Of all its processes together. */
export interface Fuzzed extends Omit<Progress, "kind" | "files"> {
  /** Processes that ended before their time with nothing to show for it. */
  lost: string[]
  files: NonNullable<Progress["files"]>
}

/** Beyond that the same input would only kill one after the other. */
const maxProcesses = 6
const startMs = 90_000

export async function fuzzOne(
  order: Order,
  nice: number,
  onProgress: (progress: Progress) => void,
): Promise<Fuzzed> {
  const total: Fuzzed = {
    executions: 0,
    seconds: 0,
    cpuSeconds: 0,
    blocks: 0,
    blocksTotal: 0,
    features: 0,
    corpus: 0,
    crashes: [],
    lost: [],
    files: {},
  }
  const isOver = () => total.seconds >= order.seconds || total.executions >= (order.runs ?? Infinity)
  for (let attempt = 0; attempt < maxProcesses && !isOver(); attempt++) {
    const before = filesIn(order)
    const left = order.seconds - total.seconds
    const { last, ended } = await run(
      { ...order, seconds: left, seed: order.seed + attempt },
      nice,
      onProgress,
    )
    const kept = filesIn(order).filter((file) => !before.includes(file))
    total.crashes.push(...kept)
    if (ended && kept.length === 0) total.lost.push(ended)
    // It died of its corpus, and so would the next one.
    if (!last) break
    total.executions += last.executions
    total.seconds += last.seconds
    total.cpuSeconds += last.cpuSeconds
    const { blocks, blocksTotal, features, corpus } = last
    Object.assign(total, { blocks, blocksTotal, features, corpus, files: last.files ?? total.files })
  }
  return total
}

/** What happened to the process where it didn't end as it should. */
async function run(
  order: Order,
  nice: number,
  onProgress: (progress: Progress) => void,
): Promise<{ last: Progress | null; ended: string | null }> {
  const child = fork(fileURLToPath(new URL("process.ts", import.meta.url)), [JSON.stringify(order)], {
    execArgv: [
      "--disable-warning=ExperimentalWarning",
      "--max-old-space-size=1024",
      "--import",
      new URL("hooks.ts", import.meta.url).href,
    ],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  })
  if (child.pid !== undefined && nice > 0) setPriority(child.pid, nice)
  rmSync(order.resultFile, { force: true })
  let last: Progress | null = null
  let complaint = ""
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-2_000)
  })
  // Loading, and the corpus, come before the time that counts.
  const overdue = setTimeout(() => child.kill("SIGKILL"), startMs + order.seconds * 1_500)
  child.on("message", (message) => {
    last = message as Progress
    onProgress(last)
  })
  const [code, signal] = (await once(child, "close")) as [number | null, string | null]
  clearTimeout(overdue)
  if (existsSync(order.resultFile))
    return { last: JSON.parse(readFileSync(order.resultFile, "utf8")) as Progress, ended: null }
  return { last, ended: `${signal ?? `exit code ${code}`} ${complaint}`.trim() }
}

function filesIn({ crashFolder, name }: Order): string[] {
  const folder = join(crashFolder, name)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => !file.endsWith(".txt"))
    .map((file) => join(folder, file))
}
