import * as fc from "fast-check"
import { expect, test } from "vitest"
import { decodeCompactPeers } from "../../src/torrent/compact-peers.ts"
import { parseEndpoint } from "../../src/torrent/endpoint.ts"

test("IPv4: four bytes and a port", () => {
  expect(decodeCompactPeers(Uint8Array.of(203, 0, 113, 7, 0x1a, 0xe1, 10, 0, 0, 1, 0, 80), "ipv4")).toEqual({
    peers: ["203.0.113.7:6881", "10.0.0.1:80"],
    malformed: false,
  })
})

test("IPv6: sixteen bytes and a port; a mapped address is the IPv4 one", () => {
  const bytes = Buffer.from("20010db8000000000000000000000007c8d500000000000000000000ffffcb007107c8d5", "hex")
  expect(decodeCompactPeers(bytes, "ipv6")).toEqual({
    peers: ["[2001:db8::7]:51413", "203.0.113.7:51413"],
    malformed: false,
  })
})

test("port 0 is nobody's", () => {
  expect(decodeCompactPeers(Uint8Array.of(1, 2, 3, 4, 0, 0), "ipv4")).toEqual({ peers: [], malformed: false })
})

test("bytes left over are dropped, and said", () => {
  expect(decodeCompactPeers(Uint8Array.of(1, 2, 3, 4, 0, 80, 1, 2), "ipv4")).toEqual({
    peers: ["1.2.3.4:80"],
    malformed: true,
  })
  expect(decodeCompactPeers(new Uint8Array(6), "ipv6")).toEqual({ peers: [], malformed: true })
})

test("any bytes give endpoints", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom("ipv4", "ipv6"), (bytes, family) => {
      const { peers, malformed } = decodeCompactPeers(bytes, family)
      expect(malformed).toBe(bytes.length % (family === "ipv4" ? 6 : 18) !== 0)
      for (const peer of peers) expect(parseEndpoint(peer)?.port).toBeGreaterThan(0)
    }),
  )
})
