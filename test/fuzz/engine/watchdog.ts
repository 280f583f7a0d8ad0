/** Ends the process from a thread of its own when one input takes too long or too much memory, and keeps that input. */
import { isMainThread, Worker, workerData } from "node:worker_threads"
import { keepCrash } from "./crash.ts"

/** Of the process's own time: a loaded machine makes nothing a hang. */
const maxCpuMs = 1_000
/** An input whose run waits for something that never comes. */
const maxWaitMs = 30_000
const maxBytesAbove = 512 * 1024 * 1024
const everyMs = 50

/** A run's number, odd while it runs; how long its input is. */
const headWords = 2

export interface Watched {
  begin(bytes: Uint8Array): void
  end(): void
}

interface Shared {
  memory: SharedArrayBuffer
  folder: string
  target: string
}

/** `folder` is where an input that kills its process is kept. */
export function watch(folder: string, target: string, maxBytes: number): Watched {
  const memory = new SharedArrayBuffer(headWords * 4 + maxBytes)
  const head = new Int32Array(memory, 0, headWords)
  const input = new Uint8Array(memory, headWords * 4)
  const shared: Shared = { memory, folder, target }
  new Worker(new URL(import.meta.url), { workerData: { watchdog: shared }, execArgv: [] }).unref()
  return {
    begin(bytes) {
      input.set(bytes.subarray(0, maxBytes))
      head[1] = Math.min(bytes.length, maxBytes)
      Atomics.add(head, 0, 1)
    },
    end() {
      Atomics.add(head, 0, 1)
    },
  }
}

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

function guard({ memory, folder, target }: Shared): void {
  const head = new Int32Array(memory, 0, headWords)
  const input = new Uint8Array(memory, headWords * 4)
  const before = process.memoryUsage.rss()
  let run = 0
  let cpuAtStart = 0
  let startedAt = 0
  const end = (kind: "hang" | "memory", why: string) => {
    keepCrash(folder, target, kind, input.slice(0, head[1]), why)
    process.kill(process.pid, "SIGKILL")
  }
  for (const nobody = new Int32Array(new SharedArrayBuffer(4)); ; Atomics.wait(nobody, 0, 0, everyMs)) {
    const now = Atomics.load(head, 0)
    if (now % 2 === 0 || now !== run) {
      run = now
      cpuAtStart = cpuMs()
      startedAt = performance.now()
    } else if (cpuMs() - cpuAtStart > maxCpuMs) end("hang", `more than ${maxCpuMs} ms of CPU time`)
    else if (performance.now() - startedAt > maxWaitMs) end("hang", `not over after ${maxWaitMs} ms`)
    const above = process.memoryUsage.rss() - before
    if (above > maxBytesAbove) end("memory", `${Math.round(above / 2 ** 20)} MiB more than at the start`)
  }
}

if (!isMainThread) {
  const { watchdog } = workerData as { watchdog?: Shared }
  if (watchdog) guard(watchdog)
}
