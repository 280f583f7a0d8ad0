import { describe, expect, test } from "vitest"
import type { Peer, Sighting } from "../../src/evidence.ts"
import { coverageOf, drawsOf, sourceCounts, sourceCoverage } from "../../src/measure/sources.ts"
import { aSeeder, aSighting, aSilentPeer, anEvidence, aTracker, trackerUrl } from "../support/builders.ts"

const other = "udp://other.example.net:6969"
const peerAt = (host: number): string => `203.0.113.${host}:6881`

const T = aSighting()
const U = aSighting({ via: other })
const D = aSighting({ kind: "dht", via: "192.0.2.1:6881" })
const I = aSighting({ kind: "incoming", via: null })
const L = aSighting({ kind: "lsd", via: null })
const M = aSighting({ kind: "manual", via: null })
const pexOf = (host: number): Sighting => aSighting({ kind: "pex", via: peerAt(host) })

const alive = (host: number, ...sources: Sighting[]): Peer => aSeeder(host, { sources })
const silent = (host: number, ...sources: Sighting[]): Peer => aSilentPeer(host, { sources })

describe("who named whom", () => {
  test("every tracker has a row, other kinds when they named somebody; a peer is counted once in each", () => {
    const peers = [
      alive(1, T, { ...T, at: "2026-03-14T09:20:00.000Z" }, D),
      silent(2, T),
      silent(3, pexOf(1), pexOf(4)),
      alive(4, I),
      alive(5, L, D),
    ]
    const trackers = [aTracker(), aTracker({ url: other })]
    expect(sourceCounts(anEvidence({ trackers, peers }))).toEqual([
      { kind: "tracker", via: trackerUrl, peers: 2, onlyHere: 1, reached: 1 },
      { kind: "tracker", via: other, peers: 0, onlyHere: 0, reached: 0 },
      { kind: "dht", via: null, peers: 2, onlyHere: 0, reached: 2 },
      { kind: "pex", via: null, peers: 1, onlyHere: 1, reached: 0 },
      { kind: "lsd", via: null, peers: 1, onlyHere: 0, reached: 1 },
      { kind: "incoming", via: null, peers: 1, onlyHere: 1, reached: 1 },
    ])
  })

  test("what the user gave is no source to others; we ourselves are nobody, the forbidden were named", () => {
    const peers = [
      alive(1, T, M),
      alive(2, M),
      silent(3, T, { ...D }),
      aSilentPeer(4, { sources: [T], outcome: "self" }),
      aSilentPeer(5, { sources: [T], outcome: "filtered" }),
    ]
    expect(sourceCounts(anEvidence({ peers }))).toEqual([
      { kind: "tracker", via: trackerUrl, peers: 3, onlyHere: 2, reached: 1 },
      { kind: "dht", via: null, peers: 1, onlyHere: 0, reached: 0 },
      { kind: "manual", via: null, peers: 2, onlyHere: 1, reached: 2 },
    ])
  })
})

describe("draws", () => {
  const sizes = (...peers: Peer[]): number[] => drawsOf({ peers }).map(({ size }) => size)

  test("a tracker each, and a kind each, however many speak for it", () => {
    const dht = aSighting({ kind: "dht", via: "192.0.2.2:6881" })
    expect(sizes(alive(1, T, D), alive(2, U, D, dht), alive(3, dht))).toEqual([1, 1, 3])
    expect(sizes(alive(1, T, pexOf(2)), alive(2, T, pexOf(1)), alive(3, pexOf(1), pexOf(2)))).toEqual([2, 3])
  })

  test("trackers that name the same peers are one; a tracker and the DHT that do are two", () => {
    expect(sizes(alive(1, T, U), alive(2, U, T))).toEqual([2])
    expect(sizes(alive(1, T, U), alive(2, U))).toEqual([1, 2])
    expect(sizes(alive(1, T, D), alive(2, T, D))).toEqual([2, 2])
  })

  test("all trackers are one beside two other kinds", () => {
    expect(sizes(alive(1, T, D), alive(2, U, D), alive(3, T, I))).toEqual([3, 2, 1])
    expect(sizes(alive(1, T, D), alive(2, U, D))).toEqual([1, 1, 2])
  })

  test("the user's own, ourselves, the forbidden and peers of another torrent were drawn by nobody", () => {
    const outcomes = (["self", "filtered", "wrong-info-hash"] as const).map((outcome, i) =>
      aSilentPeer(i + 2, { sources: [T, D], outcome }),
    )
    expect(sizes(alive(1, M), ...outcomes)).toEqual([])
  })

  test("PEX didn't draw whom only those told of that we know from PEX alone", () => {
    const speaker = alive(1, T)
    const friend = alive(2, pexOf(1))
    const stranger = alive(3, pexOf(2))
    expect(sizes(speaker, friend, stranger)).toEqual([1, 1])
    expect(sizes(speaker, { ...friend, sources: [pexOf(1), I] }, stranger)).toEqual([1, 2, 1])
    const dualStack = { ...friend, address: "[2001:db8::2]:6881", alsoAt: [peerAt(2)] }
    expect(sizes(speaker, dualStack, stranger)).toEqual([1, 1])
  })

  test("of those who never answered, PEX drew whom two speakers named", () => {
    expect(sizes(alive(1, T), silent(9, pexOf(1)))).toEqual([1])
    expect(sizes(alive(1, T), alive(2, T), silent(9, pexOf(1), pexOf(2)))).toEqual([2, 1])
    expect(sizes(alive(1, T), silent(9, pexOf(1), pexOf(1)))).toEqual([1])
  })

  test("one peer id at two addresses is one peer", () => {
    const { peerId } = aSeeder(1)
    expect(sizes(alive(1, T), { ...alive(2, I), peerId })).toEqual([1, 1])
    const [tracker, incoming] = drawsOf({ peers: [alive(1, T), { ...alive(2, I), peerId }] })
    expect(tracker).toEqual(incoming)
  })
})

test("coverage: what the sources repeat of one another; unknown from one", () => {
  const peers = [alive(1, T, D), alive(2, T), alive(3, D)]
  expect(sourceCoverage({ peers })).toBeCloseTo(1 - 2 / 4)
  expect(sourceCoverage({ peers: [alive(1, T)] })).toBeNull()
  expect(coverageOf(drawsOf({ peers }, ({ address }) => address === peerAt(1)))).toBe(1)
})
