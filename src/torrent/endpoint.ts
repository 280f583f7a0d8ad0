/** Where a peer can be, and which of those places we may contact. */
import type { Endpoint, Family } from "../evidence.ts"
import { formatAddress, parseAddress, within } from "./address.ts"
import { isServicePort, type PortRule } from "./ports.ts"

export interface ParsedEndpoint {
  /** Canonical. */
  host: string
  port: number
  family: Family
}

/** `host:port` with a name, an IPv4 or a bracketed IPv6 address; the port may be 0. */
export function splitHostPort(text: string): { host: string; port: number } | null {
  const colon = text.lastIndexOf(":")
  const digits = text.slice(colon + 1)
  const isBracketed = text.startsWith("[")
  const host = isBracketed ? text.slice(1, colon - 1) : text.slice(0, colon)
  const isHost = isBracketed
    ? text[colon - 1] === "]" && host.includes(":") && !/[[\]]/.test(host)
    : colon > 0 && !/[:[\]\s]/.test(host)
  if (!isHost || !/^\d{1,5}$/.test(digits) || Number(digits) > 65_535) return null
  return { host, port: Number(digits) }
}

/** Null for anything but an IP address and a port. */
export function parseEndpoint(text: string): ParsedEndpoint | null {
  const split = splitHostPort(text)
  const address = split && parseAddress(split.host)
  if (!split || !address) return null
  // An IPv4 address can be written in one way only.
  const isDotted = address.length === 4 && !split.host.includes(":")
  const host = isDotted ? split.host : formatAddress(address)
  return { host, port: split.port, family: address.length === 4 ? "ipv4" : "ipv6" }
}

/** One text per endpoint, so that texts can be compared. A host name is kept, in lower case. */
export function formatEndpoint(host: string, port: number): Endpoint {
  const address = parseAddress(host)
  const text = address ? formatAddress(address) : host.toLowerCase()
  return text.includes(":") ? `[${text}]:${port}` : `${text}:${port}`
}

/**
 * `never`: link-local, multicast, broadcast, unspecified, reserved and documentation ranges, metadata services of clouds, anycast
 * services where no peer can be, and what is no address at all.
 */
export type AddressKind = "public" | "private" | "loopback" | "never"

const ranges = (table: Record<string, AddressKind>) =>
  Object.entries(table).map(([cidr, kind]) => {
    const [prefix = "", bits] = cidr.split("/")
    const bytes = parseAddress(prefix)
    if (!bytes) throw new TypeError(cidr)
    return { prefix: bytes, bits: Number(bits), kind }
  })

/** IANA special-purpose registry (RFC 6890 and its updates to 2025), and multicast. The first match counts; the rest is public. */
const ipv4Ranges = ranges({
  "0.0.0.0/8": "never", // this network
  "10.0.0.0/8": "private",
  "100.100.100.200/32": "never", // metadata of a cloud
  "100.64.0.0/10": "private", // carrier-grade NAT
  "127.0.0.0/8": "loopback",
  "168.63.129.16/32": "never", // a cloud's own services, which only its machines reach
  "169.254.0.0/16": "never", // link-local, and metadata of most clouds
  "172.16.0.0/12": "private",
  "192.0.0.0/24": "never", // IETF protocol assignments
  "192.0.2.0/24": "never", // documentation
  "192.31.196.0/24": "never", // AS112
  "192.52.193.0/24": "never", // multicast relays
  "192.88.99.0/24": "never", // 6to4 relays
  "192.168.0.0/16": "private",
  "192.175.48.0/24": "never", // AS112
  "198.18.0.0/15": "never", // benchmarks
  "198.51.100.0/24": "never", // documentation
  "203.0.113.0/24": "never", // documentation
  "224.0.0.0/4": "never", // multicast
  "240.0.0.0/4": "never", // reserved, and broadcast
})

/** The first match counts; the rest of 2000::/3 is public, and everything else is not global unicast. */
const ipv6Ranges = ranges({
  "::1/128": "loopback",
  "2001::/23": "never", // IETF protocol assignments
  "2001:db8::/32": "never", // documentation
  "2620:4f:8000::/48": "never", // AS112
  "3fff::/20": "never", // documentation
  "fd00:ec2::/32": "never", // metadata of a cloud
  "fc00::/7": "private", // unique local
  "2000::/3": "public",
})

/** IPv6 addresses that are a way to an IPv4 one, which some gateway would follow for us; the last is whom packets reach. */
const carriers = [
  { prefix: Uint8Array.from([0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]), bits: 96, at: [12], xor: 0 }, // NAT64
  { prefix: Uint8Array.from([0x20, 0x02]), bits: 16, at: [2], xor: 0 }, // 6to4
  { prefix: Uint8Array.from([0x20, 0x01, 0, 0]), bits: 32, at: [4, 12], xor: 0xff }, // Teredo: server and client
]

/** Only a Teredo client's is written with every bit turned over. */
function carriedBy(address: Uint8Array): Uint8Array[] {
  if (address.length === 4) return []
  const carrier = carriers.find(({ prefix, bits }) => within(address, prefix, bits))
  return (carrier?.at ?? []).map((at) => {
    const xor = at === 12 ? (carrier?.xor ?? 0) : 0
    return address.subarray(at, at + 4).map((byte) => byte ^ xor)
  })
}

export function addressKind(host: string): AddressKind {
  const address = parseAddress(host)
  return address ? kindOf(address) : "never"
}

function kindOf(address: Uint8Array): AddressKind {
  if (address.length === 4)
    return ipv4Ranges.find(({ prefix, bits }) => within(address, prefix, bits))?.kind ?? "public"
  const carried = carriedBy(address)
  if (carried.length > 0) return carried.every((each) => kindOf(each) === "public") ? "public" : "never"
  return ipv6Ranges.find(({ prefix, bits }) => within(address, prefix, bits))?.kind ?? "never"
}

/** What one household or server has to itself: an IPv4 address, an IPv6 /56. Null for loopback, which is one host to us all. */
export function neighbourhood(host: string): string | null {
  const address = parseAddress(host)
  if (!address || kindOf(address) === "loopback") return null
  return address.length === 4 ? host : Buffer.from(address.subarray(0, 7)).toString("hex")
}

/** Whom packets to an address reach: one host, and the network that pays for them. */
export interface Victim {
  /** An IPv4 address or an IPv6 /64. */
  host: string
  /** An IPv4 /24 or an IPv6 /48. */
  network: string
}

/** However an address is written: what carries IPv4 leads to that. Null for loopback, where every port is a host to us, and for `never`. */
export function victimAt(host: string): Victim | null {
  const address = parseAddress(host)
  const kind = address && kindOf(address)
  if (!address || kind === "loopback" || kind === "never") return null
  const reached = carriedBy(address).at(-1) ?? address
  const [ofHost, ofNetwork] = reached.length === 4 ? [4, 3] : [8, 6]
  const text = Buffer.from(reached).toString("hex")
  return { host: text.slice(0, 2 * ofHost), network: text.slice(0, 2 * ofNetwork) }
}

/**
 * Of a host that only a proxy looks up. Names that mean one's own machine or network everywhere are judged as their addresses
 * would be; what other names stand for, and whether that may be reached, is for the proxy and its network to say.
 */
export function nameKind(host: string): AddressKind {
  const labels = host.toLowerCase().replace(/\.$/, "").split(".")
  const last = labels.at(-1) ?? ""
  // WHATWG URL: a host that ends in a number is an IPv4 address, well written or not.
  if (!labels.every((label) => /^[\w-]{1,63}$/.test(label)) || /^(\d+|0x[\da-f]*)$/.test(last)) return "never"
  if (last === "localhost" || labels.join(".") === "localhost.localdomain") return "loopback"
  const isOwn = labels.length === 1 || ownDomains.has(last) || labels.slice(-2).join(".") === "home.arpa"
  return isOwn ? "private" : "public"
}

/** RFC 6762 and its appendix G, ICANN's `internal`. */
const ownDomains = new Set(["local", "internal", "intranet", "private", "corp", "home", "lan", "localdomain"])

/** Of an address or a name. */
export const hostKind = (host: string): AddressKind =>
  parseAddress(host) ? addressKind(host) : nameKind(host)

export interface AddressRules {
  /** Admits private addresses. */
  allowLocal: boolean
  allowLoopback: boolean
  refusePublic: boolean
  /** Admits names, as hosts that only a proxy looks up; else a name is no address. */
  allowNames?: boolean
  /** Keeps away from ports of other services; absent: the user's own word, any port. */
  ports?: PortRule
  /** Endpoints that the user named, on whatever port. */
  named?: ReadonlySet<Endpoint>
}

/** For what the user named. */
export function anyPort(rules: AddressRules): AddressRules {
  const open = { ...rules }
  delete open.ports
  return open
}

export function admits(rules: AddressRules, host: string, port: number): boolean {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return false
  return !barsPort(rules, host, port) && admitsHost(rules, host)
}

/** The address would do, were it not for its port: somebody may well be there, whom we leave untested. */
export const barsPort = ({ ports, named }: AddressRules, host: string, port: number): boolean =>
  ports !== undefined && isServicePort(port, ports) && named?.has(formatEndpoint(host, port)) !== true

/** Whatever the port: of who dialled us. */
export function admitsHost(rules: AddressRules, host: string): boolean {
  const admitted: Record<AddressKind, boolean> = {
    public: !rules.refusePublic,
    private: rules.allowLocal,
    loopback: rules.allowLoopback,
    never: false,
  }
  return admitted[rules.allowNames === true ? hostKind(host) : addressKind(host)]
}
