/** A `fleet worker` as a process of its own, as a user starts it: it can be stopped, continued and killed. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inject } from "vitest"

export interface FleetWorker {
  readonly pid: number
  /** What it said so far, on both streams. */
  readonly said: string
  /** Until what it said matches so often. */
  says(pattern: RegExp, times?: number): Promise<void>
  signal(signal: NodeJS.Signals): void
  /** It ended, and no signal told it to. */
  readonly isDead: boolean
  /** With which status it ended; null: by a signal. */
  readonly ended: Promise<number | null>
}

/** `home`: its state directory; otherwise one of its own. It is killed when the test is over. */
export function startWorker(
  defer: (undo: () => Promise<void>) => void,
  words: readonly string[],
  home: string | null = null,
): FleetWorker {
  const own = home ?? mkdtempSync(join(tmpdir(), "torrent-audit-worker-"))
  const places = { HOME: own, XDG_STATE_HOME: own, XDG_CACHE_HOME: own, XDG_CONFIG_HOME: own }
  const child = spawn(process.execPath, [inject("cli"), "fleet", "worker", ...words], {
    cwd: own,
    env: { PATH: process.env["PATH"], LANG: "C.UTF-8", ...places },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let said = ""
  const looks = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text
      for (const look of looks) look()
    })
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
  let [isOver, isTold] = [false, false]
  void ended.then(() => (isOver = true))
  defer(async () => {
    child.kill("SIGKILL")
    await ended
    if (home === null) rmSync(own, { recursive: true, force: true })
  })
  const count = (pattern: RegExp) => said.match(new RegExp(pattern, "g"))?.length ?? 0
  return {
    pid: child.pid ?? 0,
    get said() {
      return said
    },
    says: (pattern, times = 1) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (count(pattern) < times) return
          looks.delete(look)
          resolve()
        }
        looks.add(look)
        look()
        void ended.then(() => reject(new Error(`it ended and never said ${pattern}: ${said}`)))
      }),
    signal(signal) {
      isTold ||= signal === "SIGTERM" || signal === "SIGKILL"
      child.kill(signal)
    },
    get isDead() {
      return isOver && !isTold
    },
    ended,
  }
}
