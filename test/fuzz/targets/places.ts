/** Addresses, endpoints and compact peers: what a text or bytes mean, and that they mean the same when written again. */
import net from "node:net"
import { parseAddress, formatAddress } from "../../../src/torrent/address.ts"
import { decodeCompactPeers } from "../../../src/torrent/compact-peers.ts"
import {
  addressKind,
  admits,
  formatEndpoint,
  hostKind,
  neighbourhood,
  parseEndpoint,
  splitHostPort,
  victimAt,
} from "../../../src/torrent/endpoint.ts"
import { bytesOf, must, same, textOf } from "../claims.ts"
import type { FuzzTarget } from "../target.ts"

const kinds: ReadonlySet<string> = new Set(["public", "private", "loopback", "never"])
const rules = { allowLocal: false, allowLoopback: false, refusePublic: false }

export const endpoint: FuzzTarget = {
  name: "endpoint",
  group: "torrent",
  maxBytes: 256,
  run(input) {
    const text = textOf(input)
    const address = parseAddress(text)
    // Node takes a zone id, which means something on one machine only.
    same(address !== null, net.isIP(text) > 0 && !text.includes("%"), `${JSON.stringify(text)} is an address`)
    if (address) {
      const written = formatAddress(address)
      same(parseAddress(written), address, "an address written again")
      same(addressKind(written), addressKind(text), "one kind however it is written")
      same(victimAt(written), victimAt(text), "one victim however it is written")
      must((neighbourhood(text) === null) === (addressKind(text) === "loopback"), "a neighbourhood")
    } else must(addressKind(text) === "never" && !admits(rules, text, 6_881), "no address is never dialled")
    must(kinds.has(hostKind(text)), "a kind")
    const split = splitHostPort(text)
    const parsed = parseEndpoint(text)
    if (parsed === null) return
    must(split !== null && split.port === parsed.port, "an endpoint is a host and a port")
    const written = formatEndpoint(parsed.host, parsed.port)
    same(parseEndpoint(written), parsed, "an endpoint written again")
    if (admits(rules, parsed.host, parsed.port)) same(addressKind(parsed.host), "public", "who is admitted")
  },
  *seeds() {
    const texts = [
      "127.0.0.1:6881",
      "[::1]:6881",
      "[::ffff:1.2.3.4]:1",
      "1.2.3.4",
      "fe80::1",
      "2001:db8::",
      "64:ff9b::1.2.3.4",
    ]
    texts.push(
      "[2002:7f00:1::]:80",
      "2001:0:1:2:3:4:80ff:fffe",
      "a.example:80",
      "1.2.3.04",
      "::",
      "1:2:3:4:5:6:7:8",
      "::1%eth0",
    )
    for (const text of texts) yield bytesOf(text)
  },
  dictionary: [
    "::ffff:",
    "64:ff9b::",
    "2002:",
    "fd00:ec2::254",
    "169.254.169.254",
    "100.100.100.200",
    ":65535",
    ":65536",
  ],
}

export const compactPeers: FuzzTarget = {
  name: "compact-peers",
  group: "torrent",
  maxBytes: 540,
  run(input) {
    for (const [family, size] of [
      ["ipv4", 6],
      ["ipv6", 18],
    ] as const) {
      const { peers, malformed } = decodeCompactPeers(input, family)
      must(peers.length <= Math.floor(input.length / size), "no more than there are")
      same(malformed, input.length % size !== 0, "what is left at the end")
      for (const peer of peers) {
        const parsed = parseEndpoint(peer)
        must(parsed !== null && parsed.port > 0, `a peer: ${peer}`)
        same(formatEndpoint(parsed.host, parsed.port), peer, "one text per endpoint")
        if (family === "ipv4") same(parsed.family, "ipv4", "its family")
      }
    }
  },
  *seeds() {
    yield Uint8Array.of(127, 0, 0, 1, 0x1a, 0xe1)
    yield Uint8Array.from({ length: 36 }, (_, at) => (at === 15 ? 1 : at > 15 ? 80 : 0))
  },
}
