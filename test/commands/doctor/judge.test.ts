import { describe, expect, test } from "vitest"
import type { Facts, NodeFact } from "../../../src/commands/doctor/facts.ts"
import { judge, statusOf } from "../../../src/commands/doctor/judge.ts"
import type { DoctorCheckName, DoctorLevel } from "../../../src/evidence/doctor.ts"
import { failure } from "../../../src/failure.ts"

const node = (number: number, more: Partial<NodeFact> = {}): NodeFact => ({
  address: `198.51.100.${number}:6881`,
  family: "ipv4",
  ms: 40,
  failure: null,
  seenAs: { host: "203.0.113.9", port: 50_000 },
  fromPort: 50_000,
  ...more,
})
const silent = { ms: null, failure: failure("timeout"), seenAs: null }
const free = { given: false, port: 50_001, tcp: null, udp: null, mapping: null }
const mapped = (outside: string, released = true) => ({
  ...free,
  mapping: {
    gateway: "192.168.1.1",
    mapped: (["tcp", "udp"] as const).map((transport) => ({
      protocol: "pcp" as const,
      transport,
      outside,
      released,
    })),
    tried: [],
  },
})

const facts = (more: Partial<Facts> = {}): Facts => ({
  wanted: ["ipv4", "ipv6"],
  proxied: false,
  off: [],
  addresses: [
    { host: "203.0.113.9", family: "ipv4", kind: "public" },
    { host: "2600::7", family: "ipv6", kind: "public" },
  ],
  names: [{ name: "dht.example.org", ms: 12, failure: null }],
  nodes: [1, 2, 3].map((number) => node(number)),
  noSocket: [],
  clock: { tracker: "https://tracker.example.org/", skewMs: 300, plusMinusMs: 600, failure: null },
  inbound: free,
  files: { soft: 524_288, unlimited: false },
  directories: [{ what: "state", path: "/s", failure: null }],
  node: "24.0.0",
  ...more,
})
const behindNat = {
  addresses: [{ host: "192.168.1.5", family: "ipv4", kind: "private" }],
} satisfies Partial<Facts>
const clockOf = (skewMs: number, plusMinusMs = 600): Partial<Facts> => ({
  clock: { tracker: "http://t.example/", skewMs, plusMinusMs, failure: null },
})
const dead = failure("dns", "ENOTFOUND")

const cases: [string, Partial<Facts>, DoctorCheckName, DoctorLevel, RegExp][] = [
  ["a public address", {}, "ipv4", "ok", /203\.0\.113\.9 here, 203\.0\.113\.9 outside, say 3 of 3/],
  [
    "behind NAT",
    behindNat,
    "ipv4",
    "ok",
    /192\.168\.1\.5 here, 203\.0\.113\.9 outside.*translation in between/,
  ],
  [
    "one node lies about us",
    { nodes: [node(1), node(2), node(3, { seenAs: { host: "9.9.9.9", port: 1 } })] },
    "ipv4",
    "ok",
    /203\.0\.113\.9 outside, say 2 of 3/,
  ],
  ["no IPv6", behindNat, "ipv6", "warning", /no address/],
  ["IPv6 not wanted", { wanted: ["ipv4"] }, "ipv6", "untested", /not wanted/],
  [
    "nobody says where we are seen",
    { nodes: [node(1, { seenAs: null })] },
    "ipv4",
    "ok",
    /outside address not known/,
  ],
  ["every name found", {}, "dns", "ok", /1 of 1 names/],
  [
    "some names gone",
    {
      names: [
        { name: "a.example", ms: 1, failure: dead },
        { name: "b.example", ms: 1, failure: null },
      ],
    },
    "dns",
    "ok",
    /1 of 2 names found; not a\.example/,
  ],
  ["no name found", { names: [{ name: "a.example", ms: 1, failure: dead }] }, "dns", "problem", /none of 1/],
  ["no name asked", { names: [] }, "dns", "untested", /no name/],
  ["UDP answered", {}, "udp", "ok", /arrive/],
  [
    "UDP silent",
    { nodes: [1, 2, 3].map((n) => node(n, silent)) },
    "udp",
    "problem",
    /no reply from 3 nodes although TCP works/,
  ],
  ["one node silent is too little to say", { nodes: [node(1, silent)] }, "udp", "warning", /the one node/],
  ["nobody to ask over UDP", { nodes: [] }, "udp", "untested", /nobody/],
  [
    "no UDP socket",
    { nodes: [], noSocket: [{ family: "ipv4", failure: failure("no-socket", "EMFILE") }] },
    "udp",
    "problem",
    /EMFILE/,
  ],
  ["a proxy without UDP", { proxied: true, off: ["DHT"], nodes: [] }, "udp", "warning", /proxy/],
  [
    "DHT answered by one",
    { nodes: [node(1), node(2, silent), node(3, silent)] },
    "dht",
    "ok",
    /1 of 3 first nodes answered, 40 ms/,
  ],
  ["DHT silent", { nodes: [node(1, silent)] }, "dht", "problem", /did not answer/],
  ["DHT not asked", { nodes: [] }, "dht", "untested", /no node/],
  ["clock right", {}, "clock", "ok", /right to the second/],
  ["clock 59 s off", clockOf(-59_000), "clock", "ok", /59 s behind/],
  ["clock 61 s off, give or take 0.6 s", clockOf(61_000), "clock", "warning", /61 s ahead/],
  ["clock 61 s off, give or take 2 s", clockOf(61_000, 2_000), "clock", "ok", /61 s ahead/],
  ["clock an hour off", clockOf(-3_600_000), "clock", "warning", /60 min behind/],
  ["no tracker named", { clock: null }, "clock", "untested", /no HTTP tracker/],
  [
    "no date",
    { clock: { tracker: "http://t.example/", skewMs: null, plusMinusMs: 0, failure: failure("refused") } },
    "clock",
    "untested",
    /refused/,
  ],
  ["inbound, no NAT", {}, "inbound", "ok", /no address translation/],
  ["inbound behind NAT", behindNat, "inbound", "warning", /behind address translation$/],
  [
    "inbound behind a NAT with a port for every partner",
    { ...behindNat, nodes: [node(1), node(2, { seenAs: { host: "203.0.113.9", port: 50_007 } })] },
    "inbound",
    "warning",
    /another port for every partner/,
  ],
  [
    "port taken",
    { inbound: { ...free, given: true, port: 6881, tcp: failure("no-socket", "EADDRINUSE") } },
    "inbound",
    "problem",
    /port 6881: TCP no-socket: EADDRINUSE/,
  ],
  [
    "UDP port taken",
    { inbound: { ...free, given: true, port: 6881, udp: failure("no-socket", "EADDRINUSE") } },
    "inbound",
    "warning",
    /UDP no-socket/,
  ],
  [
    "mapped",
    { ...behindNat, inbound: mapped("203.0.113.9:40000") },
    "inbound",
    "ok",
    /mapped 203\.0\.113\.9:40000 \(tcp, pcp\), 203\.0\.113\.9:40000 \(udp, pcp\), released again/,
  ],
  [
    "mapped behind a second NAT",
    { ...behindNat, inbound: mapped("100.64.0.9:40000") },
    "inbound",
    "warning",
    /100\.64\.0\.9/,
  ],
  [
    "mapped and kept",
    { ...behindNat, inbound: mapped("203.0.113.9:40000", false) },
    "inbound",
    "ok",
    /not released: it ends in 120 s/,
  ],
  [
    "not mapped",
    {
      ...behindNat,
      inbound: {
        ...free,
        mapping: {
          gateway: "192.168.1.1",
          mapped: [],
          tried: [{ protocol: "pcp", failure: failure("timeout") }],
        },
      },
    },
    "inbound",
    "warning",
    /192\.168\.1\.1: pcp timeout/,
  ],
  ["through a proxy", { proxied: true }, "inbound", "untested", /proxy/],
  ["files for every pace", {}, "files", "ok", /524288/],
  ["files for fast", { files: { soft: 256, unlimited: false } }, "files", "ok", /at most 256/],
  ["files for normal alone", { files: { soft: 200, unlimited: false } }, "files", "warning", /at most 200/],
  ["too few files", { files: { soft: 100, unlimited: false } }, "files", "problem", /at most 100/],
  ["no limit", { files: { soft: null, unlimited: true } }, "files", "ok", /no limit/],
  ["limit unknown", { files: { soft: null, unlimited: false } }, "files", "untested", /not known/],
  [
    "nowhere to write",
    { directories: [{ what: "state", path: "/s", failure: "EACCES" }] },
    "storage",
    "warning",
    /state \/s: EACCES/,
  ],
]

describe("the doctor's judgement", () => {
  test.each(cases)("%s", (_, more, name, level, found) => {
    const check = judge(facts(more)).find((each) => each.name === name)
    expect([check?.level, check?.found]).toEqual([level, expect.stringMatching(found)])
    expect(check?.means).toMatch(/^[A-Z].*[.]$/)
  })

  test("all well", () => {
    expect(judge(facts()).map(({ level }) => level)).toEqual(Array(10).fill("ok"))
    expect(statusOf(judge(facts()))).toBe("ok")
  })

  test("the worst decides; what is untested does not", () => {
    expect(statusOf(judge(facts({ clock: null })))).toBe("ok")
    expect(statusOf(judge(facts(behindNat)))).toBe("warning")
    expect(statusOf(judge(facts({ ...behindNat, files: { soft: 10, unlimited: false } })))).toBe("problem")
  })
})
