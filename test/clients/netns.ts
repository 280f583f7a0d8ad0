/**
 * A lab of network namespaces: one per host, all on a bridge that lives in a namespace of its own, so that the machine's
 * own network is never touched. Linux, root and iproute2 only.
 *
 *   client ──veth──┐
 *   client ──veth──┤ bridge (10.77.0.1, fd77::1)    isolated ports can reach the open ones, not each other
 *   tracker ─veth──┤
 *   auditor ─veth──┤
 *   router ──veth──┘
 *     └ a bridge of its own (192.168.n.1): client, client. Made in router.ts.
 *
 * Facts that this file depends on:
 * - An interface of a new namespace has offloads on: a veth carries TCP segments of 64 KiB, which a token bucket counts
 *   right but releases in lumps. `gso_max_segs 1` makes every packet a real one, without ethtool.
 * - Duplicate address detection holds an IPv6 address back for a second or two: `nodad`.
 * - A bridge snoops multicast and has a forwarding delay; both only slow the start here.
 * - libtorrent treats an interface without a default route as local-only: every host gets one, to the bridge, which forwards nothing.
 * - `ip netns exec` replaces itself by the command, so the child's pid is the command's own.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import {
  attempt,
  output,
  start,
  tail,
  until,
  type AttemptOptions,
  type Child,
  type Ended,
} from "./processes.ts"
import { shapeCommand } from "./shaping.ts"

export const lanBridge = "lan0"

/** A household's private network, told from others by its router's public address. */
export const lanAddress = (router: Host, number: number): string =>
  `192.168.${router.ipv4.split(".").at(-1)}.${number}`

const prefix = "torrent-audit"
/** What `ip netns exec` lays over /etc: a folder per namespace. */
const overlays = "/etc/netns"
/** Some clients take seconds to say goodbye to a tracker that goes away as well. */
const closingMs = 500

export interface Host {
  readonly name: string
  readonly namespace: string
  /** Behind a router: a private one, that nobody outside can reach. */
  readonly ipv4: string
  /** Empty behind a router: IPv4 only. */
  readonly ipv6: string
  /** Whose address it is known by; null: its own. */
  readonly router: Host | null
  /** Scratch space of this host, gone with the lab. */
  readonly directory: string
}

export interface Lab {
  readonly directory: string
  readonly hosts: readonly Host[]
  /** `isolated`: can talk to hosts that are not, and to no isolated one, so that leechers stay leechers. */
  addHost(name: string, options: { isolated: boolean; router?: Host | null }): Promise<Host>
  /** Every host, also one to come, finds this address behind the name: no client of the lab can ask a resolver. */
  name(name: string, address: string): void
  /** Limits what the host can send, in bytes of piece data per second; null lifts it. */
  shape(host: Host, bytesPerSecond: number | null): Promise<void>
  /** Limits what the host can receive, likewise: the queue is at the bridge's port towards it. */
  shapeDownlink(host: Host, bytesPerSecond: number | null): Promise<void>
  /** Puts a wire between the host and its bridge that loses frames, and lets some be overtaken. Once per host. */
  impair(host: Host, impairment: Impairment): Promise<void>
  /** Throws unless it exits with 0. */
  run(host: Host, command: string, args: readonly string[], timeoutMs?: number): Promise<string>
  /** Whatever it exits with. */
  attempt(host: Host, command: string, args: readonly string[], options: AttemptOptions): Promise<Ended>
  start(host: Host, command: string, args: readonly string[], env?: Record<string, string>): Child
  /** Ends whatever was started in the host. */
  stopAll(host: Host): Promise<void>
  close(): Promise<void>
}

/** Both ways; of all frames. */
export interface Impairment {
  readonly lossRatio: number
  /** Held back for `lateMs`. */
  readonly lateRatio: number
  readonly lateMs: number
}

const badWire = fileURLToPath(new URL("bad_wire.py", import.meta.url))

const ip = (...args: string[]): Promise<string> => output("ip", args)

/** Why the lab can't work here, or null. */
export function labProblem(): string | null {
  if (process.platform !== "linux") return "network namespaces need Linux"
  if (process.getuid?.() !== 0) return "network namespaces need root"
  if (spawnSync("ip", ["-V"]).status !== 0) return "iproute2 is not installed"
  return null
}

const processesOf = (namespace: string): number[] =>
  spawnSync("ip", ["netns", "pids", namespace], { encoding: "utf8" })
    .stdout.split("\n")
    .filter((line) => line !== "")
    .map(Number)

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Synchronous, so that it also works while the process exits. Only what lives inside our own namespaces is killed. */
function removeNamespaces(belongs: (pid: number, lab: number) => boolean): void {
  const listed = spawnSync("ip", ["netns", "list"], { encoding: "utf8" }).stdout
  for (const line of listed.split("\n")) {
    const name = line.split(" ")[0] ?? ""
    const owner = new RegExp(`^${prefix}-(\\d+)-(\\d+)-`).exec(name)
    if (owner === null || !belongs(Number(owner[1]), Number(owner[2]))) continue
    for (const pid of processesOf(name)) if (isAlive(pid)) process.kill(pid, "SIGKILL")
    spawnSync("ip", ["netns", "del", name])
    rmSync(join(overlays, name), { recursive: true, force: true })
  }
}

let labs = 0

export async function openLab(options: { keep: boolean }): Promise<Lab> {
  const problem = labProblem()
  if (problem !== null) throw new Error(problem)
  // What an earlier run left behind because it was killed the hard way.
  removeNamespaces((pid) => pid !== process.pid && !isAlive(pid))
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${prefix}-(\\d+)-`).exec(name)?.[1]
    if (owner !== undefined && !isAlive(Number(owner)))
      rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }

  const directory = mkdtempSync(join(tmpdir(), `${prefix}-${process.pid}-`))
  const lab = ++labs
  const named = `${prefix}-${process.pid}-${lab}`
  const bridge = `${named}-bridge`
  const hosts: Host[] = []
  const children: { host: Host; child: Child }[] = []
  const ports = new Map<Host, { namespace: string; bridge: string; device: string; isolated: boolean }>()
  const shaped = new Set<string>()
  const names: string[] = []

  await ip("netns", "add", bridge)
  await ip("-n", bridge, "link", "set", "lo", "up")
  await ip("-n", bridge, "link", "add", "br0", "type", "bridge", "forward_delay", "0", "mcast_snooping", "0")
  await ip("-n", bridge, "addr", "add", "10.77.0.1/16", "dev", "br0")
  await ip("-n", bridge, "addr", "add", "fd77::1/64", "dev", "br0", "nodad")
  await ip("-n", bridge, "link", "set", "br0", "up")

  const sweep = () => {
    removeNamespaces((pid, number) => pid === process.pid && number === lab)
    rmSync(directory, { recursive: true, force: true })
  }
  if (!options.keep) process.once("exit", sweep)

  async function limit(namespace: string, device: string, bytesPerSecond: number | null): Promise<void> {
    const link = `${namespace} ${device}`
    // There is nothing to lift, and tc would say so.
    if (bytesPerSecond === null && !shaped.has(link)) return
    await output("tc", ["-n", namespace, ...shapeCommand(device, bytesPerSecond)])
    if (bytesPerSecond === null) shaped.delete(link)
    else shaped.add(link)
  }

  function layNames(host: Host): void {
    if (names.length === 0) return
    mkdirSync(join(overlays, host.namespace), { recursive: true })
    writeFileSync(join(overlays, host.namespace, "hosts"), ["127.0.0.1 localhost", ...names, ""].join("\n"))
  }

  const inside = (host: Host, command: string, args: readonly string[]): string[] => [
    "netns",
    "exec",
    host.namespace,
    command,
    ...args,
  ]

  const opened: Lab = {
    directory,
    hosts,

    async addHost(name, { isolated, router = null }) {
      const number = hosts.length + 2
      const namespace = `${named}-${name}`
      const port = `port${number}`
      const host: Host = {
        name,
        namespace,
        ipv4: router ? lanAddress(router, number) : `10.77.0.${number}`,
        ipv6: router ? "" : `fd77::${number.toString(16)}`,
        router,
        directory: join(directory, name),
      }
      const upstream = router
        ? { namespace: router.namespace, bridge: lanBridge, gateway: lanAddress(router, 1), bits: 24 }
        : { namespace: bridge, bridge: "br0", gateway: "10.77.0.1", bits: 16 }
      hosts.push(host)
      ports.set(host, { namespace: upstream.namespace, bridge: upstream.bridge, device: port, isolated })
      mkdirSync(host.directory, { recursive: true })
      await ip("netns", "add", namespace)
      await ip("-n", namespace, "link", "set", "lo", "up")
      // Created inside its namespace with the other end in the bridge's: it never exists in the machine's own.
      const peer = ["peer", "name", port, "netns", upstream.namespace]
      await ip("-n", namespace, "link", "add", "eth0", "type", "veth", ...peer)
      await ip("-n", namespace, "link", "set", "eth0", "gso_max_segs", "1")
      const plugged = ["gso_max_segs", "1", "master", upstream.bridge, "up"]
      await ip("-n", upstream.namespace, "link", "set", port, ...plugged)
      if (isolated)
        await output("bridge", ["-n", upstream.namespace, "link", "set", "dev", port, "isolated", "on"])
      await ip("-n", namespace, "addr", "add", `${host.ipv4}/${upstream.bits}`, "dev", "eth0")
      if (host.ipv6 !== "")
        await ip("-n", namespace, "addr", "add", `${host.ipv6}/64`, "dev", "eth0", "nodad")
      await ip("-n", namespace, "link", "set", "eth0", "up")
      await ip("-n", namespace, "route", "add", "default", "via", upstream.gateway)
      // The machine's default may be BBR, which paces by its own estimate of the link. A namespace may choose only unrestricted
      // algorithms, and Reno is the one that every kernel lets it have (cubic: «Operation not permitted»).
      layNames(host)
      await opened.run(host, "sh", ["-c", "echo reno >/proc/sys/net/ipv4/tcp_congestion_control"])
      return host
    },

    name(name, address) {
      names.push(`${address} ${name}`)
      for (const host of hosts) layNames(host)
    },

    shape: (host, bytesPerSecond) => limit(host.namespace, "eth0", bytesPerSecond),

    async shapeDownlink(host, bytesPerSecond) {
      const port = ports.get(host)
      if (!port) throw new Error(`${host.name} is not of this lab`)
      await limit(port.namespace, port.device, bytesPerSecond)
    },

    async impair(host, { lossRatio, lateRatio, lateMs }) {
      const port = ports.get(host)
      if (!port) throw new Error(`${host.name} is not of this lab`)
      const { namespace, device } = port
      const [inner, outer] = [`${device}i`, `${device}o`]
      await ip("-n", namespace, "link", "set", device, "nomaster", "promisc", "on", "arp", "off", "up")
      await ip("-n", namespace, "link", "add", inner, "type", "veth", "peer", "name", outer)
      for (const end of [inner, outer]) await ip("-n", namespace, "link", "set", end, "gso_max_segs", "1")
      await ip("-n", namespace, "link", "set", inner, "promisc", "on", "arp", "off", "up")
      await ip("-n", namespace, "link", "set", outer, "master", port.bridge, "up")
      if (port.isolated)
        await output("bridge", ["-n", namespace, "link", "set", "dev", outer, "isolated", "on"])
      const words = [device, inner, lossRatio, lateRatio, lateMs, host.name].map(String)
      const wire = ["netns", "exec", namespace, "/usr/bin/python3", badWire, ...words]
      const logFile = join(host.directory, "wire.log")
      const child = start("ip", wire, { logFile, cwd: host.directory })
      children.push({ host, child })
      await until(`${host.name}'s wire`, 10_000, () => tail(logFile).includes("ready") || null)
    },

    run: (host, command, args, timeoutMs) => output("ip", inside(host, command, args), timeoutMs),

    attempt: (host, command, args, attemptOptions) =>
      attempt("ip", inside(host, command, args), attemptOptions),

    start(host, command, args, env = {}) {
      const logFile = join(host.directory, `${command.split("/").at(-1)}.log`)
      const child = start("ip", inside(host, command, args), { logFile, cwd: host.directory, env })
      children.push({ host, child })
      return child
    },

    async stopAll(host) {
      const here = children.filter((entry) => entry.host === host)
      await Promise.all(here.map(({ child }) => child.stop()))
    },

    async close() {
      if (options.keep) return
      await Promise.all(children.map(({ child }) => child.stop(closingMs)))
      sweep()
      process.removeListener("exit", sweep)
    },
  }
  return opened
}
