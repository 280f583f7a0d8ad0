/** A network namespace with no link to anywhere, where we hold every address, public ones included, and count what leaves. */
import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inject, onTestFinished } from "vitest"
import { tool, type Told } from "./tool.ts"
import type { World, WorldReport } from "./island-world.ts"

export interface IslandOptions {
  /** Ours, on the loopback interface: addresses, and whole networks as prefixes. */
  addresses: readonly string[]
  nameserver: string
  /** nftables' table `inet island`, without the braces. */
  rules: string
  world: World
}

export interface Island {
  /** Where files may be left. */
  readonly home: string
  /** The command line as a user has it. */
  audit(...words: string[]): Promise<Told>
  run(...words: string[]): Promise<Told>
  /** Packets of each named counter. */
  counters(): Promise<Record<string, number>>
  /** How many elements a set has. */
  setSize(name: string): Promise<number>
  /** Ends the servers; what they saw. */
  report(): Promise<WorldReport>
}

async function must(program: string, args: readonly string[], input = ""): Promise<string> {
  const { status, out, err } = await tool(program, args, input)
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${err}`)
  return out
}

let opened = 0

/** It is gone when the test is over. */
export async function openIsland({ addresses, nameserver, rules, world }: IslandOptions): Promise<Island> {
  const name = `island-${process.pid}-${++opened}`
  const home = mkdtempSync(join(tmpdir(), `${name}-`))
  const own = join("/etc/netns", name)
  const inside = (words: readonly string[]) => ["netns", "exec", name, ...words]
  let stop = async () => {}
  onTestFinished(async () => {
    await stop()
    await tool("ip", ["netns", "del", name])
    for (const left of [own, home]) rmSync(left, { recursive: true, force: true })
  })
  mkdirSync(own, { recursive: true })
  // One query at a time and none twice: what is answered first is used first.
  writeFileSync(join(own, "resolv.conf"), `nameserver ${nameserver}\noptions timeout:2 attempts:1\n`)
  await must("ip", ["netns", "add", name])
  await must("ip", ["-n", name, "link", "set", "lo", "up"])
  const lines = addresses.map((host) =>
    host.includes("/")
      ? `route add local ${host} dev lo`
      : `addr add ${host}/${host.includes(":") ? 128 : 32} dev lo`,
  )
  await must("ip", ["-n", name, "-batch", "-"], lines.join("\n"))
  await must("ip", inside(["nft", "-f", "-"]), `table inet island {\n${rules}\n}\n`)
  const servers: ChildProcess = spawn(
    "ip",
    inside([process.execPath, join(import.meta.dirname, "island-world.ts"), JSON.stringify(world)]),
    { stdio: ["ignore", "pipe", "inherit"] },
  )
  let said = ""
  servers.stdout?.setEncoding("utf8")
  const ready = Promise.withResolvers<void>()
  servers.stdout?.on("data", (text: string) => {
    said += text
    if (said.includes("ready\n")) ready.resolve()
  })
  const ended = once(servers, "close")
  stop = async () => {
    servers.kill("SIGTERM")
    await ended
  }
  void ended.then(() => ready.reject(new Error("its servers ended")))
  await ready.promise

  const listed = async (what: readonly string[]) => {
    const out = await must("ip", inside(["nft", "-j", "list", ...what]))
    return (JSON.parse(out) as { nftables: Record<string, Listed>[] }).nftables
  }
  return {
    home,
    audit: (...words) =>
      tool(
        "ip",
        inside(["env", `HOME=${home}`, `XDG_STATE_HOME=${home}`, process.execPath, inject("cli"), ...words]),
      ),
    run: (...words) => tool("ip", inside(words)),
    async counters() {
      const found = (await listed(["counters"])).flatMap(({ counter }) => counter ?? [])
      return Object.fromEntries(found.map(({ name, packets = 0 }) => [name, packets]))
    },
    async setSize(set) {
      const [found] = (await listed(["set", "inet", "island", set])).flatMap(({ set }) => set ?? [])
      return found?.elem?.length ?? 0
    },
    async report() {
      await stop()
      return JSON.parse(said.replace("ready\n", "")) as WorldReport
    },
  }
}

interface Listed {
  name: string
  packets?: number
  elem?: unknown[]
}
