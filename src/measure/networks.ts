/** Where an endpoint is, as far as its text says: an address as it came, or with what redaction left of it. */
import type { Family } from "../evidence.ts"

export interface Place {
  /** The same for all ports of one address; redacted or not. */
  host: string
  port: number
  family: Family | null
  /** IPv4 /24, IPv6 /48, or a name that redaction gave it; null when redaction took it. */
  network: string | null
  /** IPv4 /16, IPv6 /32: about one operator. */
  region: string | null
  /** local: loopback, private, link-local, carrier-grade NAT, documentation; impossible: no TCP connection can lead there. */
  kind: "public" | "local" | "impossible" | "unknown"
}

const nowhere = { family: null, network: null, region: null, kind: "unknown" } as const

/**
 * `203.0.113.7:1`, `[2001:db8::7]:1`; redacted `203.0.113.0/24~k7f3a9:1`, `2001:db8:1::/48~k7f3a9:1`, `~k7f3a9:1`, and of a DHT node
 * `~network~node`.
 */
export function placeOf(endpoint: string): Place {
  const node = /^(~[^~:]+)~[^~:]+$/.exec(endpoint)
  if (node) return { host: endpoint, port: 0, ...nowhere, network: node[1] ?? null }
  const match = /^(?:\[([^\]]*)\]|(.*)):(\d{1,5})$/.exec(endpoint)
  if (!match) return { host: endpoint, port: 0, ...nowhere }
  const host = match[1] ?? match[2] ?? ""
  const port = Number(match[3])
  const prefix = host.split(/\/\d+~/)[0] ?? ""
  const bytes = /^\d+\.\d+\.\d+\.\d+$/.exec(prefix) ? prefix.split(".").map(Number) : null
  if (bytes) {
    const network = bytes.slice(0, 3).join(".")
    return {
      host,
      port,
      family: "ipv4",
      network: `${network}.0/24`,
      region: `${bytes.slice(0, 2).join(".")}.0.0/16`,
      kind: kindOfIPv4(bytes),
    }
  }
  if (prefix.startsWith("~") || !prefix.includes(":")) return { host, port, ...nowhere }
  const groups = firstGroups(prefix)
  const [first = 0, second = 0] = groups
  const text = groups.map((group) => group.toString(16))
  return {
    host,
    port,
    family: "ipv6",
    network: `${text.join(":")}::/48`,
    region: `${text.slice(0, 2).join(":")}::/32`,
    kind:
      first >= 0xff00
        ? "impossible"
        : first >= 0xfc00 || (first === 0 && second === 0) || (first === 0x2001 && second === 0xdb8)
          ? "local"
          : "public",
  }
}

function kindOfIPv4([a = 0, b = 0, c = 0]: readonly number[]): Place["kind"] {
  if (a === 0 || (a >= 224 && a < 240) || (a === 255 && b === 255)) return "impossible"
  const local =
    a === 10 ||
    // Reserved, and yet in use inside of networks of containers (Ubuntu's fan: 240/8, 250/8).
    a >= 240 ||
    a === 127 ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && (b === 168 || (b === 0 && c === 2))) ||
    (a === 198 && b === 51 && c === 100) ||
    (a === 203 && b === 0 && c === 113)
  return local ? "local" : "public"
}

/** The first three 16-bit groups of an IPv6 address, whatever was shortened. */
function firstGroups(address: string): number[] {
  const [head = "", tail] = address.split("::")
  const left = head === "" ? [] : head.split(":")
  const right = tail === undefined || tail === "" ? [] : tail.split(":")
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0")
  const groups = tail === undefined ? left : [...left, ...zeros, ...right]
  return [0, 1, 2].map((i) => Number.parseInt(groups[i] ?? "0", 16) || 0)
}

/** Members of the largest group, the name deciding between equals. */
export function largestGroup<T>(
  members: readonly T[],
  nameOf: (member: T) => string | null,
): { name: string; members: T[] } | null {
  const groups = new Map<string, T[]>()
  for (const member of members) {
    const name = nameOf(member)
    if (name === null) continue
    const group = groups.get(name)
    if (group) group.push(member)
    else groups.set(name, [member])
  }
  const [largest] = [...groups].toSorted(
    ([a, one], [b, other]) => other.length - one.length || (a < b ? -1 : 1),
  )
  return largest ? { name: largest[0], members: largest[1] } : null
}
