/** Every row of IANA's IPv4 and IPv6 special-purpose registries (of 2025), and what else is no place for a peer. */
import { describe, expect, test } from "vitest"
import { formatAddress, parseAddress } from "../../src/torrent/address.ts"
import { addressKind, victimAt, type AddressKind } from "../../src/torrent/endpoint.ts"

const rows: [cidr: string, name: string, kind: AddressKind][] = [
  ["0.0.0.0/8", "this network", "never"],
  ["10.0.0.0/8", "private use", "private"],
  ["100.64.0.0/10", "shared address space", "private"],
  ["127.0.0.0/8", "loopback", "loopback"],
  ["169.254.0.0/16", "link local", "never"],
  ["172.16.0.0/12", "private use", "private"],
  ["192.0.0.0/24", "IETF protocol assignments", "never"],
  ["192.0.0.0/29", "DS-Lite", "never"],
  ["192.0.0.8/32", "dummy address", "never"],
  ["192.0.0.9/32", "PCP anycast", "never"],
  ["192.0.0.10/32", "TURN anycast", "never"],
  ["192.0.0.170/32", "NAT64 discovery", "never"],
  ["192.0.0.171/32", "NAT64 discovery", "never"],
  ["192.0.2.0/24", "TEST-NET-1", "never"],
  ["192.31.196.0/24", "AS112-v4", "never"],
  ["192.52.193.0/24", "AMT", "never"],
  ["192.88.99.0/24", "6to4 relay anycast", "never"],
  ["192.88.99.2/32", "6a44 relay anycast", "never"],
  ["192.168.0.0/16", "private use", "private"],
  ["192.175.48.0/24", "direct delegation AS112", "never"],
  ["198.18.0.0/15", "benchmarking", "never"],
  ["198.51.100.0/24", "TEST-NET-2", "never"],
  ["203.0.113.0/24", "TEST-NET-3", "never"],
  ["224.0.0.0/4", "multicast", "never"],
  ["240.0.0.0/4", "reserved", "never"],
  ["255.255.255.255/32", "limited broadcast", "never"],
  ["::1/128", "loopback", "loopback"],
  ["::/128", "unspecified", "never"],
  ["::ffff:127.0.0.0/104", "IPv4-mapped loopback", "loopback"],
  ["::ffff:10.0.0.0/104", "IPv4-mapped private", "private"],
  ["::ffff:169.254.0.0/112", "IPv4-mapped link local", "never"],
  ["64:ff9b::127.0.0.0/104", "NAT64 to loopback", "never"],
  ["64:ff9b::192.168.0.0/112", "NAT64 to private", "never"],
  ["64:ff9b:1::/48", "local-use NAT64", "never"],
  ["100::/64", "discard only", "never"],
  ["100:0:0:1::/64", "dummy prefix", "never"],
  ["2001:1::1/128", "PCP anycast", "never"],
  ["2001:1::2/128", "TURN anycast", "never"],
  ["2001:1::3/128", "DNS-SD SRP anycast", "never"],
  ["2001:2::/48", "benchmarking", "never"],
  ["2001:3::/32", "AMT", "never"],
  ["2001:4:112::/48", "AS112-v6", "never"],
  ["2001:10::/28", "ORCHID", "never"],
  ["2001:20::/28", "ORCHIDv2", "never"],
  ["2001:30::/28", "drone remote id", "never"],
  ["2001:db8::/32", "documentation", "never"],
  ["2002:a00::/24", "6to4 of private", "never"],
  ["2002:7f00::/24", "6to4 of loopback", "never"],
  ["2620:4f:8000::/48", "direct delegation AS112", "never"],
  ["3fff::/20", "documentation", "never"],
  ["5f00::/16", "SRv6 SIDs", "never"],
  ["fc00::/8", "unique local", "private"],
  ["fe80::/10", "link local", "never"],
  ["fec0::/10", "site local, no more", "never"],
  ["ff00::/8", "multicast", "never"],
  ["::/96", "IPv4-compatible, loopback aside", "never"],
  ["::ffff:0:7f00:1/128", "IPv4-translated loopback", "never"],
  ["4000::/2", "not global unicast", "never"],
  ["e000::/4", "not global unicast", "never"],
  ["168.63.129.16/32", "a cloud's own services", "never"],
  ["169.254.169.254/32", "metadata of clouds", "never"],
  ["100.100.100.200/32", "metadata of a cloud", "never"],
  ["192.0.0.192/32", "metadata of a cloud", "never"],
  ["fd00:ec2::254/128", "metadata of a cloud", "never"],
]

/** The first and the last address. */
function endsOf(cidr: string): string[] {
  const [prefix = "", length = ""] = cidr.split("/")
  // As IPv6 the length counts its 96 bits too.
  const first = parseAddress(prefix)!
  const bits = Number(length) - (prefix.includes(":") && first.length === 4 ? 96 : 0)
  const last = first.map((byte, i) => byte | (0xff >> Math.min(8, Math.max(0, bits - 8 * i))))
  return [formatAddress(first), formatAddress(last)]
}

describe("special addresses", () => {
  test.each(rows)("%s, %s", (cidr, _, kind) => {
    for (const address of endsOf(cidr)) expect([address, addressKind(address)]).toEqual([address, kind])
  })

  test.each([
    ["Teredo through a private server", "2001:0:a00:1:0:0:fefe:fefe"],
    ["Teredo through our own machine", "2001:0:7f00:1:0:0:fefe:fefe"],
    ["Teredo of a private client", "2001:0:102:304:0:0:f5ff:fffe"],
    ["6to4 within 6to4's relay", "2002:c058:6301::1"],
  ])("%s", (_, address) => expect(addressKind(address)).toBe("never"))

  test.each([
    "192.31.195.255",
    "192.31.197.0",
    "192.175.47.255",
    "168.63.129.15",
    "2620:4f:7fff::1",
    "2001:200::",
  ])("%s beside one of them is public", (address) => expect(addressKind(address)).toBe("public"))
})

describe("whom packets reach", () => {
  test.each([
    ["8.8.8.8", { host: "08080808", network: "080808" }],
    ["2002:808:808::1", { host: "08080808", network: "080808" }],
    ["64:ff9b::8.8.8.8", { host: "08080808", network: "080808" }],
    ["2001:0:102:304::f7f7:f7f7", { host: "08080808", network: "080808" }],
    ["2a00:1450:1:2:3:4:5:6", { host: "2a00145000010002", network: "2a0014500001" }],
    ["10.1.2.3", { host: "0a010203", network: "0a0102" }],
    ["127.0.0.1", null],
    ["::1", null],
    ["203.0.113.1", null],
    ["example.org", null],
  ])("%s", (address, victim) => expect(victimAt(address)).toEqual(victim))
})
