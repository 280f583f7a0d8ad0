import net from "node:net"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { formatAddress, parseAddress } from "../../src/torrent/address.ts"
import {
  neighbourhood,
  addressKind,
  admits,
  formatEndpoint,
  parseEndpoint,
  splitHostPort,
} from "../../src/torrent/endpoint.ts"

describe("addresses", () => {
  test.each([
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1::1", "2001:0:0:1::1"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["::", "::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["1::", "1::"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["::ffff:192.0.2.33", "192.0.2.33"],
    ["::FFFF:c000:221", "192.0.2.33"],
    ["0:0:0:0:0:ffff:7f00:1", "127.0.0.1"],
    ["203.0.113.7", "203.0.113.7"],
  ])("%s is written %s", (text, canonical) => expect(formatAddress(parseAddress(text)!)).toBe(canonical))

  test.each([
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "010.0.0.1",
    "1.2.3.04",
    "0x7f.0.0.1",
    "2130706433",
    "1.2.3.4 ",
    "１.2.3.4",
    "1..2.3",
    ":",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4::5:6:7:8",
    "1::2::3",
    ":1:2:3:4:5:6:7",
    "12345::",
    "g::",
    "fe80::1%eth0",
    "fe80::1%25eth0",
    "::1.2.3",
    "::01.2.3.4",
    "1.2.3.4::",
    "[::1]",
    "::1/128",
    "example.org",
  ])("%j is none", (text) => {
    expect(parseAddress(text)).toBe(null)
    expect(addressKind(text)).toBe("never")
  })

  test("any 16 bytes are written as the WHATWG serializer writes them, and read back", () => {
    const group = fc.oneof(fc.constant(0), fc.nat(0xffff))
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const bytes = Uint8Array.from(groups.flatMap((value) => [value >> 8, value & 0xff]))
        const text = formatAddress(bytes)
        fc.pre(!text.includes("."))
        expect(`[${text}]`).toBe(new URL(`http://[${text}]/`).hostname)
        expect(parseAddress(text)).toEqual(bytes)
        expect(parseAddress(groups.map((value) => value.toString(16)).join(":"))).toEqual(bytes)
      }),
      { numRuns: 500 },
    )
  })

  test("agrees with the operating system's parser about what is an address", () => {
    const alphabet = fc.constantFrom("::", ":", ".", "0", "1", "25", "255", "256", "f", "ffff", "1.2.3.4")
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 16 }), (parts) => {
        const text = parts.join("")
        expect(parseAddress(text) !== null).toBe(net.isIP(text) !== 0)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe("endpoints", () => {
  test.each([
    ["203.0.113.7:51413", { host: "203.0.113.7", port: 51_413, family: "ipv4" }],
    ["[2001:DB8::7]:6881", { host: "2001:db8::7", port: 6_881, family: "ipv6" }],
    ["[::ffff:203.0.113.7]:80", { host: "203.0.113.7", port: 80, family: "ipv4" }],
    ["127.0.0.1:0", { host: "127.0.0.1", port: 0, family: "ipv4" }],
  ])("%s", (text, parsed) => expect(parseEndpoint(text)).toEqual(parsed))

  test.each([
    "",
    "203.0.113.7",
    "203.0.113.7:",
    "203.0.113.7:65536",
    "203.0.113.7:-1",
    "203.0.113.7:1e3",
    "203.0.113.7: 80",
    "[203.0.113.7]:80",
    "2001:db8::7:80",
    "[2001:db8::7]",
    "[2001:db8::7]80",
    "[fe80::1%eth0]:80",
    "example.org:80",
    "203.0.113.7:80:80",
  ])("%j is none", (text) => expect(parseEndpoint(text)).toBe(null))

  test("a host name can have a port, though it is no address", () => {
    expect(splitHostPort("router.example.org:6881")).toEqual({ host: "router.example.org", port: 6_881 })
    expect(formatEndpoint("Router.Example.ORG", 6_881)).toBe("router.example.org:6881")
  })

  test("one text per endpoint", () => {
    expect(formatEndpoint("2001:DB8:0::7", 80)).toBe("[2001:db8::7]:80")
    expect(formatEndpoint("::ffff:203.0.113.7", 80)).toBe("203.0.113.7:80")
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(65_535), (host, port) => {
        const text = formatEndpoint(host, port)
        const parsed = parseEndpoint(text)
        expect(parsed?.port).toBe(port)
        expect(formatEndpoint(parsed!.host, port)).toBe(text)
      }),
    )
  })
})

describe("who may be contacted", () => {
  const kinds = {
    public: [
      "1.1.1.1",
      "100.63.255.255",
      "100.128.0.0",
      "172.15.0.1",
      "172.32.0.1",
      "223.255.255.255",
      "2606:4700::1111",
      "2001:200::1",
    ],
    private: [
      "10.0.0.1",
      "172.16.0.1",
      "172.31.255.255",
      "192.168.1.1",
      "100.64.0.1",
      "100.127.255.255",
      "fc00::1",
      "fdff::1",
      "::ffff:10.0.0.1",
    ],
    loopback: ["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"],
    never: [
      ["unspecified", "0.0.0.0", "0.1.2.3", "::"],
      ["link-local", "169.254.169.254", "fe80::1", "febf::1", "::ffff:169.254.169.254"],
      ["multicast", "224.0.0.1", "239.255.255.255", "ff02::1"],
      [
        "broadcast and reserved",
        "255.255.255.255",
        "240.0.0.1",
        "192.0.0.1",
        "192.88.99.1",
        "100::1",
        "4000::1",
        "fec0::1",
      ],
      ["documentation", "192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
      ["benchmarks and identifiers", "198.18.0.1", "198.19.255.255", "2001:2::1", "2001:20::1"],
      ["IPv4-compatible", "::127.0.0.1", "::10.0.0.1", "::1.1.1.1"],
      [
        "NAT64 to private",
        "64:ff9b::10.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1.1.1.1",
      ],
      ["6to4 of private", "2002:a00:1::1", "2002:7f00:1::1", "2002:c0a8:101::1", "2002:a9fe:a9fe::"],
      ["Teredo of private", "2001:0:102:304::f5ff:fffe"],
    ].flatMap(([, ...hosts]) => hosts),
  }
  test.each(Object.entries(kinds))("%s", (kind, hosts) => {
    expect(hosts.map((host) => [host, addressKind(host)])).toEqual(hosts.map((host) => [host, kind]))
  })

  test("a carrier of a public IPv4 address is public", () => {
    for (const host of ["64:ff9b::1.1.1.1", "2002:101:101::1", "2001:0:102:304::fefe:fefe"])
      expect(addressKind(host)).toBe("public")
  })

  const none = { allowLocal: false, allowLoopback: false, refusePublic: false }
  const admitted = (rules: typeof none) =>
    Object.entries(kinds)
      .filter(([, hosts]) => hosts.every((host) => admits(rules, host, 6_881)))
      .map(([kind]) => kind)
  const refused = (rules: typeof none) =>
    Object.entries(kinds)
      .filter(([, hosts]) => !hosts.some((host) => admits(rules, host, 6_881)))
      .map(([kind]) => kind)

  test.each([
    [none, ["public"]],
    [{ ...none, allowLocal: true }, ["public", "private"]],
    [{ ...none, allowLoopback: true }, ["public", "loopback"]],
    [{ allowLocal: true, allowLoopback: true, refusePublic: true }, ["private", "loopback"]],
  ])("%j admits %j", (rules, expected) => {
    expect(admitted(rules)).toEqual(expected)
    expect(refused(rules)).toEqual(Object.keys(kinds).filter((kind) => !expected.includes(kind)))
  })

  test("ports outside 1 to 65535 never", () => {
    const all = { allowLocal: true, allowLoopback: true, refusePublic: false }
    for (const port of [0, -1, 65_536, 1.5, Number.NaN]) expect(admits(all, "1.1.1.1", port)).toBe(false)
    for (const port of [1, 65_535]) expect(admits(all, "1.1.1.1", port)).toBe(true)
  })
})

describe("neighbourhood", () => {
  test("is an IPv4 address, an IPv6 /56, and nothing on loopback", () => {
    expect(neighbourhood("203.0.113.7")).toBe("203.0.113.7")
    expect(neighbourhood("2001:db8:1:2ff::7")).toBe(neighbourhood("2001:db8:1:200::9"))
    expect(neighbourhood("2001:db8:1:2ff::7")).not.toBe(neighbourhood("2001:db8:1:300::7"))
    expect(neighbourhood("127.0.0.1")).toBeNull()
    expect(neighbourhood("::1")).toBeNull()
  })
})
