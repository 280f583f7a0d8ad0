/** A tracker that aims a thousand names at a victim: what of it arrives there, counted by the kernel. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { limits } from "../../src/limits.ts"
import { encode } from "../../src/torrent/bencode.ts"
import { openIsland } from "./island.ts"

const { perHost, perNetwork } = limits.victim
/** A victim refuses, and so do the addresses of a network; those of an IPv6 /64 are silent. */
const [tracker, dnsAt, victim, services] = ["45.79.1.1", "45.79.0.53", "45.80.0.1", "45.83.0.1"] as const
const servicePorts = [22, 25, 53, 123, 139, 445, 1900, 3306, 5060, 6379, 11211, 27017]

const range = <T>(count: number, at: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => at(i))
const honest = range(20, (i) => `45.90.${i}.1:6881`)
const peers = [
  ...range(1_000, (i) => `${victim}:${10_000 + i}`),
  ...servicePorts.map((port) => `${services}:${port}`),
  `${services}:443`,
  ...honest,
  ...range(1_000, (i) => `45.80.7.${i & 255}:${7_000 + (i >> 8)}`),
  ...range(1_000, (i) => `[2a01:4f8:7:7::${(i + 1).toString(16)}]:6881`),
]

const torrent = encode({
  announce: "http://tracker.test:8080/announce",
  info: { name: "file.bin", length: 40_000, "piece length": 16_384, pieces: new Uint8Array(60) },
})

interface Snapshot {
  run: { capsHit: { cap: string; dropped: number }[]; durationMs: number }
  peers: {
    address: string
    outcome: string
    failure: { code: string } | null
    attempts: { transport: string }[]
  }[]
  findings: { verdict: string; subject: string; audit: string }[]
}

it("a thousand names are a few dials, services hear nothing, and everybody else is dialled", async () => {
  const set = (type: string) => `{ type ${type} . inet_service; flags dynamic; size 8192; }`
  const island = await openIsland({
    addresses: [tracker, dnsAt, victim, services, "45.80.7.0/24", "45.90.0.0/16", "2a01:4f8:7:7::/64"],
    nameserver: dnsAt,
    rules: `
      set ofVictim ${set("ipv4_addr")}
      set ofNetwork ${set("ipv4_addr")}
      set ofSixth ${set("ipv6_addr")}
      counter toVictim { }
      counter toNetwork { }
      counter toSixth { }
      counter toServices { }
      counter toHttps { }
      chain leaving {
        type filter hook output priority 0; policy accept;
        tcp flags & (syn | ack) == syn jump named
        meta l4proto udp jump named
      }
      chain named {
        ip daddr ${victim} add @ofVictim { ip daddr . th dport } counter name toVictim
        ip daddr 45.80.7.0/24 add @ofNetwork { ip daddr . th dport } counter name toNetwork
        ip6 daddr 2a01:4f8:7:7::/64 add @ofSixth { ip6 daddr . th dport } counter name toSixth
        ip daddr ${services} th dport != 443 counter name toServices
        ip daddr ${services} th dport 443 counter name toHttps
      }
      chain arriving {
        type filter hook input priority 0; policy accept;
        ip6 daddr 2a01:4f8:7:7::/64 drop
      }`,
    world: {
      dns: dnsAt,
      names: { "tracker.test": [[tracker]] },
      ports: [8080],
      redirects: {},
      peers,
    },
  })
  const file = join(island.home, "aimed.torrent")
  writeFileSync(file, torrent)
  const words = [
    "--json",
    "--redact",
    "none",
    "--no-dht",
    "--no-lsd",
    "--pace",
    "fast",
    "--depth",
    "handshake",
  ]
  const ran = await island.audit(file, ...words, "--max-peers", "4000", "--timeout", "8s")
  const snapshot = JSON.parse(ran.out) as Snapshot
  const counters = await island.counters()
  const distinct = {
    victim: await island.setSize("ofVictim"),
    network: await island.setSize("ofNetwork"),
    sixth: await island.setSize("ofSixth"),
  }

  expect(distinct.victim).toBeGreaterThan(10)
  expect(distinct.victim).toBeLessThanOrEqual(perHost)
  expect(distinct.network).toBeGreaterThan(0)
  expect(distinct.network).toBeLessThanOrEqual(perNetwork)
  expect(distinct.sixth).toBeGreaterThan(0)
  expect(distinct.sixth).toBeLessThanOrEqual(perHost)
  // At most three rounds over two transports, each sent again a few times by the kernel or by uTP.
  expect(counters["toVictim"]).toBeLessThanOrEqual(perHost * 21)
  expect(counters["toServices"]).toBe(0)
  expect(counters["toHttps"]).toBeGreaterThan(0)

  const dropped = snapshot.run.capsHit.find(({ cap }) => cap === "per-host")?.dropped
  expect(dropped).toBe(3_000 - perHost - perNetwork - perHost)
  const at = (address: string) => snapshot.peers.find((peer) => peer.address === address)
  for (const port of servicePorts)
    expect(at(`${services}:${port}`)).toMatchObject({
      outcome: "not-tried",
      failure: { code: "filtered" },
      attempts: [],
    })
  expect(honest.filter((address) => at(address)!.attempts.length > 0)).toEqual(honest)
  // Nobody is accused of what we did not try.
  expect(
    snapshot.findings.filter(({ verdict, subject }) => verdict === "fail" && subject.startsWith("peer:")),
  ).toEqual([])
})
