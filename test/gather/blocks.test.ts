/** Whole audits in which single blocks prove claims: v2 torrents, the publisher's copy, and peers that choke us. */
import { describe, expect, it } from "vitest"
import { judge } from "../../src/audit.ts"
import { allowsFast, choker, corrupter, proofForger, proofRefuser } from "../../src/demo/liars.ts"
import { createPayload } from "../../src/demo/payload.ts"
import type { Actor } from "../../src/demo/cast.ts"
import type { Evidence, Peer } from "../../src/evidence.ts"
import { grantedRates } from "../../src/measure/contention.ts"
import type { Reference } from "../../src/torrent/reference.ts"
import { accusations, audit, castOf, peerNamed, seeder } from "../support/audit.ts"
import { smallPayload, swarmFor } from "../support/swarm.ts"

const KiB = 1024
const blockBytes = 16 * KiB

/** 20 pieces of 16 blocks each, the last one short. */
const v2Payload = createPayload({
  version: 2,
  pieceBytes: 256 * KiB,
  files: [{ path: ["a.bin"], sizeBytes: 5_000_000 }],
})
const v2CastOf = (...actors: Actor[]) => ({ payload: v2Payload, cast: () => actors, inflate: 1 })

const lone = ({ samples }: Peer) => samples.filter(({ offset }) => offset !== undefined)
const firstOf = ({ samples }: Peer) => samples.toSorted((a, b) => a.atMs - b.atMs)[0]
const findingOf = (evidence: Evidence, name: string) =>
  judge(evidence).findings.find(({ audit }) => audit === name)

describe("a v2-only swarm", () => {
  it("is sampled block by block; a corrupter is caught with one block and its repeat", async () => {
    const swarm = await swarmFor(
      v2CastOf(
        seeder("one"),
        seeder("two"),
        seeder("corrupter", { behaviours: [corrupter()] }),
        seeder("refuser", { behaviours: [proofRefuser] }),
        seeder("forger", { behaviours: [proofForger] }),
      ),
    )
    const evidence = await audit(swarm)
    const named = (name: string) => peerNamed(evidence, swarm, name)
    expect(accusations(evidence)).toEqual([`corrupt-data peer:${named("corrupter").address}`])
    for (const name of ["one", "two"]) {
      expect(named(name)).toMatchObject({ stage: "verified", outcome: "ok" })
      expect(firstOf(named(name))).toMatchObject({
        bytes: expect.any(Number),
        proof: "merkle",
        verified: true,
      })
      expect(firstOf(named(name))?.bytes).toBeLessThanOrEqual(blockBytes)
    }
    const wrong = named("corrupter").samples
    expect(wrong.every(({ verified }) => verified !== true)).toBe(true)
    const [first, again] = lone(named("corrupter"))
    expect(first).toMatchObject({ verified: false, proof: "merkle" })
    // A file's last block may be shorter.
    expect(first?.bytes).toBeLessThanOrEqual(blockBytes)
    expect(again).toMatchObject({ piece: first?.piece, offset: first?.offset, verified: false })
    for (const name of ["refuser", "forger"]) {
      expect(firstOf(named(name))).toMatchObject({ verified: null, failure: { code: "bad-proof" } })
      expect(named(name)).toMatchObject({ stage: "verified", outcome: "ok" })
      expect(lone(named(name))).toHaveLength(1)
    }
    expect(judge(evidence).verdict.downloadable).toBe("yes")
  })

  it("gives rates from whole pieces alone", async () => {
    const swarm = await swarmFor(v2CastOf(seeder("one", { bytesPerSecond: 512 * KiB }), seeder("two")))
    const evidence = await audit(swarm)
    const peer = peerNamed(evidence, swarm, "one")
    expect(lone(peer).length).toBeGreaterThan(0)
    const wholeOnly = evidence.peers.map((one) => ({
      ...one,
      samples: one.samples.filter(({ offset }) => offset === undefined),
    }))
    expect(grantedRates(evidence)).toEqual(grantedRates({ ...evidence, peers: wholeOnly }))
    // From above only the sender's own cap bounds it: a busy machine is slower.
    const { value = 0, low = Infinity } = peer.goodputBytesPerSecond ?? {}
    expect(value).toBeGreaterThan(0)
    expect(low).toBeLessThanOrEqual(512 * KiB * 1.05)
  })
})

describe("the publisher's copy", () => {
  const copyOf = (lacks: (piece: number) => boolean = () => false): (() => Promise<Reference>) => {
    return async () => ({
      right: smallPayload.pieceCount,
      wrong: 0,
      missing: 0,
      block: async (piece, offset, length) =>
        lacks(piece) ? null : smallPayload.read(piece, offset, length),
      stillRight: () => Promise.resolve(true),
      close: async () => {},
    })
  }

  it("proves a claim with one block of a v1 torrent; a corrupter is caught without another peer", async () => {
    const swarm = await swarmFor(castOf(seeder("corrupter", { behaviours: [corrupter()] })))
    const evidence = await audit(swarm, { openReference: copyOf() })
    const liar = peerNamed(evidence, swarm, "corrupter")
    expect(accusations(evidence)).toEqual([`corrupt-data peer:${liar.address}`])
    expect(findingOf(evidence, "corrupt-data")?.because).toContain(
      "the publisher's own copy has the right ones",
    )
    expect(firstOf(liar)).toMatchObject({ verified: false, proof: "reference" })
    expect(firstOf(liar)?.bytes).toBeLessThanOrEqual(blockBytes)
    expect(evidence.run.reference).toEqual({ right: smallPayload.pieceCount, wrong: 0, missing: 0 })
  })

  it("spares nothing at depth full: every piece is taken whole", async () => {
    const swarm = await swarmFor(castOf(seeder("one")))
    const evidence = await audit(swarm, { depth: "full", openReference: copyOf() })
    const peer = peerNamed(evidence, swarm, "one")
    const right = peer.samples.filter(({ verified }) => verified === true)
    expect(new Set(right.map(({ piece }) => piece)).size).toBe(smallPayload.pieceCount)
    expect(lone(peer)).toEqual([])
  })

  it("that lacks pieces leaves those to be taken whole", async () => {
    const swarm = await swarmFor(castOf(seeder("one")))
    const evidence = await audit(swarm, { openReference: copyOf(() => true) })
    const peer = peerNamed(evidence, swarm, "one")
    expect(peer.outcome).toBe("ok")
    expect(lone(peer)).toEqual([])
  })
})

describe("a peer that never unchokes us (BEP 6)", () => {
  it("is verified by the pieces that it allows; the choker who allows none is not, and neither is accused", async () => {
    const swarm = await swarmFor(
      castOf(
        seeder("fast", { behaviours: [allowsFast(3, 7, 11)] }),
        seeder("choker", { behaviours: [choker] }),
      ),
    )
    const evidence = await audit(swarm)
    const fast = peerNamed(evidence, swarm, "fast")
    expect(fast).toMatchObject({ stage: "verified", outcome: "choked", timeline: { unchokeMs: null } })
    const pieces = fast.samples.filter(({ verified }) => verified === true).map(({ piece }) => piece)
    expect(pieces.toSorted((a, b) => a - b)).toEqual([3, 7, 11])
    expect(peerNamed(evidence, swarm, "choker")).toMatchObject({ stage: "claimed", samples: [] })
    expect(accusations(evidence)).toEqual([])
  })

  it("is found out by the pieces that it allows; who changes its mind about them is not accused", async () => {
    const liar = seeder("liar", { behaviours: [corrupter(), allowsFast(3, 7)] })
    const refuses = seeder("refuser", {
      behaviours: [allowsFast(3, 7)],
      holds: new Uint8Array(3),
      claims: new Uint8Array([255, 255, 240]),
    })
    const swarm = await swarmFor(castOf(seeder("honest"), liar, refuses))
    const evidence = await audit(swarm)
    const peer = peerNamed(evidence, swarm, "refuser")
    expect(peer.samples.map(({ failure }) => failure?.code)).toEqual(["choked", "choked"])
    expect(peer.outcome).toBe("choked")
    expect(accusations(evidence)).toEqual([`corrupt-data peer:${peerNamed(evidence, swarm, "liar").address}`])
  })
})
