/** What the machine itself tells: addresses, file descriptors, directories, routes. */
import { readFile, rm, writeFile } from "node:fs/promises"
import { networkInterfaces } from "node:os"
import { join } from "node:path"
import { makeDirectory } from "../../store/directory.ts"
import { parseAddress } from "../../torrent/address.ts"
import { addressKind } from "../../torrent/endpoint.ts"
import type { Facts } from "./facts.ts"

/** Of a kind that reaches further than this machine or this cable. */
export function ownAddresses(hosts: readonly string[]): Facts["addresses"] {
  return [...new Set(hosts)].flatMap((host) => {
    const kind = addressKind(host)
    return kind === "public" || kind === "private"
      ? [{ host, family: host.includes(":") ? ("ipv6" as const) : ("ipv4" as const), kind }]
      : []
  })
}

/** proc_pid_limits(5); elsewhere than on Linux Node's own report says it. */
export async function fileLimit(path = "/proc/self/limits"): Promise<Facts["files"]> {
  const text = await readFile(path, "utf8").catch(() => "")
  const soft = /^Max open files\s+(\d+|unlimited)\s/m.exec(text)?.[1]
  if (soft !== undefined)
    return soft === "unlimited" ? { soft: null, unlimited: true } : { soft: Number(soft), unlimited: false }
  return reportedLimit()
}

function reportedLimit(): Facts["files"] {
  const { report } = process
  // It would ask the system for the names of our sockets' addresses.
  if (report) (report as { excludeNetwork?: boolean }).excludeNetwork = true
  const limits = (report?.getReport() as { userLimits?: { open_files?: { soft?: unknown } } } | undefined)
    ?.userLimits
  const reported = limits?.open_files?.soft
  if (reported === "unlimited") return { soft: null, unlimited: true }
  return { soft: typeof reported === "number" ? reported : null, unlimited: false }
}

/** Whether a file can be made there; it is gone again at once. */
export async function directoryFact(what: string, path: string): Promise<Facts["directories"][number]> {
  const probe = join(path, `.doctor-${what}-${process.pid}`)
  try {
    makeDirectory(path)
    await writeFile(probe, "", { flag: "wx", mode: 0o600 })
    await rm(probe)
    return { what, path, failure: null }
  } catch (error) {
    return { what, path, failure: (error as NodeJS.ErrnoException).code ?? "unknown" }
  }
}

export interface Gateway {
  host: string
  /** Ours, on the way to it. */
  ours: string
}

/** The default IPv4 route of Linux (proc(5), /proc/net/route: hex, little-endian); null: none, or another system. */
export async function defaultGateway(path = "/proc/net/route"): Promise<Gateway | null> {
  const text = await readFile(path, "utf8").catch(() => "")
  const routes = text.split("\n").flatMap((line) => {
    const [name = "", destination, via = "", , , , metric, mask] = line.split(/\s+/)
    const isDefault =
      destination === "00000000" && mask === "00000000" && /^[\dA-F]{8}$/.test(via) && via !== "00000000"
    return isDefault
      ? [{ name, host: [...Buffer.from(via, "hex")].toReversed().join("."), metric: Number(metric) }]
      : []
  })
  const [route] = routes.toSorted((a, b) => a.metric - b.metric)
  if (!route) return null
  const ours = oursTowards(route.host, route.name)
  return ours === null ? null : { host: route.host, ours }
}

/** Our IPv4 address on the network of `host`. */
export function oursTowards(host: string, name: string | null): string | null {
  const all = Object.entries(networkInterfaces()).flatMap(([each, addresses]) =>
    name === null || each === name ? (addresses ?? []).filter(({ family }) => family === "IPv4") : [],
  )
  const at = parseAddress(host)
  const near = all.find(({ address, netmask }) => {
    const [ours, mask] = [parseAddress(address), parseAddress(netmask)]
    return (
      at?.length === 4 && ours && mask && at.every((byte, i) => (byte & mask[i]!) === (ours[i]! & mask[i]!))
    )
  })
  return near?.address ?? (name === null ? null : (all[0]?.address ?? null))
}
