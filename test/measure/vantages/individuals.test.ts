import { expect, test } from "vitest"
import { individualsOf } from "../../../src/measure/vantages/individuals.ts"
import { aRun, aSeeder, aSightedPeer, aSighting, aSilentPeer, trackerUrl } from "../../support/builders.ts"

const run = aRun()
const hostsOf = (found: ReturnType<typeof individualsOf>) =>
  found.map(({ seen }) => seen.map(({ place, peer }) => `${place} ${peer.address}`))

test("an address in common: one peer, whatever ids it shows", () => {
  const audits = [
    { run, peers: [aSeeder(1, { peerId: "11".repeat(20) })] },
    { run, peers: [aSilentPeer(1), aSeeder(2)] },
    { run, peers: [aSeeder(1, { peerId: "22".repeat(20) })] },
  ]
  expect(hostsOf(individualsOf(audits))).toEqual([
    ["0 203.0.113.1:6881", "1 203.0.113.1:6881", "2 203.0.113.1:6881"],
    ["1 203.0.113.2:6881"],
  ])
})

test("two homes of one, each known to another place", () => {
  const six = "[2001:db8::1]:6881"
  const audits = [
    { run, peers: [aSeeder(1, { alsoAt: [six] })] },
    { run, peers: [aSightedPeer(9, { address: six })] },
  ]
  expect(hostsOf(individualsOf(audits))).toHaveLength(1)
})

test("the same id joins only if it is nobody else's", () => {
  const peerId = "2d5452343036302d616161616161616161616161"
  const dual = (host: number) => aSeeder(host, { peerId })
  expect(
    individualsOf([
      { run, peers: [dual(1)] },
      { run, peers: [dual(2)] },
    ]),
  ).toHaveLength(1)
  expect(
    individualsOf([
      { run, peers: [dual(1)] },
      { run, peers: [dual(2), dual(3)] },
    ]),
  ).toHaveLength(3)
})

test("a local address is another peer's in another home, unless one tracker names it to both or it shows the same id", () => {
  const at = (address: string, peerId: string, kind: "lsd" | "tracker" = "lsd") =>
    aSeeder(7, {
      address,
      peerId,
      sources: [aSighting({ kind, via: kind === "lsd" ? null : trackerUrl })],
    })
  const [one, other] = ["11".repeat(20), "22".repeat(20)]
  const places = (...peers: ReturnType<typeof at>[]) =>
    individualsOf(peers.map((peer) => ({ run, peers: [peer] })))
  for (const address of [
    "192.168.1.7:51413",
    "127.0.0.1:1",
    "169.254.1.1:1",
    "[::1]:1",
    "192.168.1.0/24~k:1",
  ]) {
    expect(places(at(address, one), at(address, other))).toHaveLength(2)
    expect(places(at(address, one), at(address, one))).toHaveLength(1)
    expect(places(at(address, one, "tracker"), at(address, other, "tracker"))).toHaveLength(1)
  }
  expect(places(at("20.0.0.1:1", one), at("20.0.0.1:1", other))).toHaveLength(1)
})

test("our own local address at one place is somebody else's at another, unless a tracker names it there", () => {
  const ours = aRun({ vantage: { ...run.vantage, self: ["192.168.1.7:51413"] } })
  const neighbour = (kind: "lsd" | "tracker") =>
    aSeeder(7, {
      address: "192.168.1.7:51413",
      sources: [aSighting({ kind, via: kind === "lsd" ? null : trackerUrl })],
    })
  const beside = (kind: "lsd" | "tracker") =>
    individualsOf([
      { run: ours, peers: [] },
      { run, peers: [neighbour(kind)] },
    ])
  expect(beside("lsd")).toHaveLength(1)
  expect(beside("tracker")).toHaveLength(0)
})

test("an id whose owner shows another id elsewhere is copied", () => {
  const [peerId, another] = ["11".repeat(20), "22".repeat(20)]
  expect(
    individualsOf([
      { run, peers: [aSeeder(1, { peerId })] },
      { run, peers: [aSeeder(1, { peerId: another }), aSeeder(66, { peerId })] },
    ]),
  ).toHaveLength(2)
})

test("we ourselves are nobody, wherever we were named", () => {
  const ours = aRun({ vantage: { ...run.vantage, self: ["203.0.113.9:6881"] } })
  const audits = [
    { run: ours, peers: [aSeeder(1), aSightedPeer(8, { outcome: "self" })] },
    {
      run,
      peers: [aSilentPeer(9), aSilentPeer(8), aSeeder(2, { peerId: "2d5441303130302d" + "00".repeat(12) })],
    },
  ]
  expect(hostsOf(individualsOf(audits))).toEqual([["0 203.0.113.1:6881"]])
})
