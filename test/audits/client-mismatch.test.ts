import { expect, test } from "vitest"
import { clientMismatch } from "../../src/audits/client-mismatch.ts"
import type { Extensions, Peer } from "../../src/evidence.ts"
import { clients } from "../../src/demo/identity.ts"
import { masked } from "../../src/demo/identity-liars.ts"
import { anEvidence, aSeeder } from "../support/builders.ts"

const extensions = (v: string | null): Extensions => ({
  names: ["ut_metadata"],
  v,
  port: 6881,
  reqq: 500,
  uploadOnly: null,
  metadataBytes: null,
  yourIp: true,
})
const named = (prefix: string, v: string | null, overrides: Partial<Peer> = {}) =>
  aSeeder(1, {
    peerId: Buffer.from(prefix.padEnd(20, "k9Q!zb"), "latin1").toString("hex"),
    extensions: extensions(v),
    ...overrides,
  })
const judge = (...peers: Peer[]) => clientMismatch.judge(anEvidence({ peers }))

test("two known names that differ: both are told, with what they rest on", () => {
  expect(judge(named("-TR3000-", "qBittorrent/4.5.2"))).toMatchObject([
    {
      verdict: "warn",
      subject: "peer:203.0.113.1:6881",
      claimed: "Transmission",
      measured: "qBittorrent",
      because:
        "203.0.113.1:6881 calls itself Transmission in its peer id (-TR3000-), qBittorrent in its extension handshake (qBittorrent/4.5.2): one of the two is not true",
      pValue: null,
      evidence: {
        v: "qBittorrent/4.5.2",
        reserved: "0000000000100004",
        sources: [/3\.00/, /4\.5\.2/].map((name) => expect.stringMatching(name)),
      },
    },
  ])
})

test.each([
  ["aria2 under a name that trackers let in", "-TR2770-", "aria2/1.36.0"],
  ["Transmission's id, µTorrent's v", "-TR2940-", "µTorrent 3.5.5"],
  ["rTorrent as Deluge", "-DE203s-", "libTorrent 0.13.8"],
  ["Vuze as µTorrent", "-UT355S-", "Azureus 5.7.6.0"],
  ["the demo's", masked.prefix, masked.v],
])("named: %s", (_, prefix, v) => {
  expect(judge(named(prefix, v)).map(({ verdict }) => verdict)).toEqual(["warn"])
})

test.each<[string, string, string | null]>([
  ...Object.entries(clients).map(([name, { prefix, v }]): [string, string, string | null] => [
    name,
    prefix,
    v,
  ]),
  ["libtorrent under an application's name", "-qB4520-", "libtorrent/2.0.8.0"],
  ["an application under libtorrent's id", "-LT2080-", "qBittorrent/4.5.2"],
  ["anonymous: no name at all", "-LT2080-", ""],
  ["anonymous: an id of chance", "x8#kQ", "qBittorrent/4.5.2"],
  ["a fork that put its name into v", "-qB4520-", "qBittorrent Enhanced/4.5.2.10"],
  ["another version", "-TR3000-", "Transmission 4.0.6"],
  ["BitTorrent is µTorrent", "-UT355S-", "BitTorrent 7.10.5"],
  ["BiglyBT is Vuze", "-AZ5760-", "BiglyBT 3.2.0.0"],
  ["software that isn't listed", "-TR3000-", "Some Client/1.0"],
  ["no v", "-TR3000-", null],
])("not accused: %s", (_, prefix, v) => {
  expect(judge(named(prefix, v))).toEqual([])
})

test("we ourselves, and who sent no extension handshake, say nothing", () => {
  expect(
    judge(
      named("-TR3000-", "qBittorrent/4.5.2", { outcome: "self" }),
      named("-TR3000-", null, { extensions: null }),
    ),
  ).toEqual([])
})
