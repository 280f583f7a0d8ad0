/** A network of its own, with nothing in it but loopback: what is blocked there hurts nobody else. */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import type { Defer } from "./stage.ts"

export interface OwnNetwork {
  /** Words before a program that shall live in it. */
  readonly around: readonly [string, ...string[]]
  /** Runs a line of shell in it. Throws where that fails. */
  run(line: string): void
}

/** `mounts`: its own view of the file system, too. */
export async function ownNetwork(defer: Defer, mounts = false): Promise<OwnNetwork> {
  const set = ["--net", ...(mounts ? ["--mount"] : [])]
  const holder = spawn("unshare", [...set, "sh", "-c", "ip link set lo up && echo ready && exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  })
  defer(async () => {
    holder.stdin.end()
    await once(holder, "exit")
  })
  await once(holder.stdout, "data")
  const around = ["nsenter", `--target=${holder.pid}`, ...set, "--"] as const
  return {
    around,
    run(line) {
      const [program, ...words] = [...around, "sh", "-ec", line]
      const { status, stderr } = spawnSync(program, words, { encoding: "utf8" })
      if (status !== 0) throw new Error(`${line}: ${stderr}`)
    },
  }
}
