import { expect, test } from "vitest"
import { largestGroup, placeOf } from "../../src/measure/networks.ts"

test.each([
  ["198.18.5.7:6881", "198.18.5.7", "198.18.5.0/24", "198.18.0.0/16", "public"],
  ["198.18.5.0/24~k7f3a9:6881", "198.18.5.0/24~k7f3a9", "198.18.5.0/24", "198.18.0.0/16", "public"],
  ["[2001:2::1]:6881", "2001:2::1", "2001:2:0::/48", "2001:2::/32", "public"],
  ["[2a01:4f8:aB:1:2:3:4:5]:6881", "2a01:4f8:aB:1:2:3:4:5", "2a01:4f8:ab::/48", "2a01:4f8::/32", "public"],
  ["2a01:4f8:ab::/48~k7f3a9:6881", "2a01:4f8:ab::/48~k7f3a9", "2a01:4f8:ab::/48", "2a01:4f8::/32", "public"],
  ["2001:0:0::/48~k7f3a9:6881", "2001:0:0::/48~k7f3a9", "2001:0:0::/48", "2001:0::/32", "public"],
  ["~k7f3a9:6881", "~k7f3a9", null, null, "unknown"],
  ["peer.example:6881", "peer.example", null, null, "unknown"],
  ["10.1.2.3:6881", "10.1.2.3", "10.1.2.0/24", "10.1.0.0/16", "local"],
])("%s", (endpoint, host, network, region, kind) => {
  expect(placeOf(endpoint)).toMatchObject({ host, network, region, kind, port: 6881 })
})

test.each([
  ["127.0.0.1", "local"],
  ["172.16.0.1", "local"],
  ["172.32.0.1", "public"],
  ["192.168.0.0/24~abc", "local"],
  ["100.64.0.1", "local"],
  ["100.128.0.1", "public"],
  ["169.254.1.1", "local"],
  ["192.0.2.1", "local"],
  ["198.51.100.1", "local"],
  ["203.0.113.1", "local"],
  ["0.1.2.3", "impossible"],
  ["224.0.0.1", "impossible"],
  ["255.255.255.255", "impossible"],
  ["[::1]", "local"],
  ["0:0:0::/48~abc", "local"],
  ["[fd00::1]", "local"],
  ["[fe80::1]", "local"],
  ["[2001:db8::1]", "local"],
  ["[ff02::1]", "impossible"],
])("%s is %s", (host, kind) => {
  expect(placeOf(`${host}:1`).kind).toBe(kind)
})

test("a redacted DHT node keeps only which network it shares with others", () => {
  expect(placeOf("~0123456789ab~ba9876543210")).toEqual({
    host: "~0123456789ab~ba9876543210",
    port: 0,
    family: null,
    network: "~0123456789ab",
    region: null,
    kind: "unknown",
  })
})

test("what is no endpoint is nowhere, and keeps its name", () => {
  for (const text of ["", "nonsense", "[", "1.2.3:4", "~:"]) expect(placeOf(text).kind).toBe("unknown")
})

test("the largest group; of equals the first by name; those without a name are in none", () => {
  const byFirst = (text: string) => text[0] ?? null
  expect(largestGroup(["b1", "a1", "b2", ""], byFirst)).toEqual({ name: "b", members: ["b1", "b2"] })
  expect(largestGroup(["b1", "a1"], byFirst)?.name).toBe("a")
  expect(largestGroup([""], byFirst)).toBeNull()
})
