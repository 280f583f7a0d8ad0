/** Sessions with strangers made of chance: a few of each kind here, many by `npm run fuzz -- --group sessions`. */
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { encryptedPeer } from "../fuzz/sessions/encrypted-peer.ts"
import { dhtLookups, dhtNodes } from "../fuzz/sessions/dht-nodes.ts"
import { loopbackPeer } from "../fuzz/sessions/loopback-peer.ts"
import { lsdNeighbour } from "../fuzz/sessions/lsd-neighbour.ts"
import { magnetInfo, magnetPeer } from "../fuzz/sessions/magnet-peers.ts"
import { crowd, dialledPeer, diallingPeer } from "../fuzz/sessions/peer.ts"
import { socksProxy } from "../fuzz/sessions/socks-proxy.ts"
import { httpTracker, udpTracker, wsTracker } from "../fuzz/sessions/trackers.ts"
import { utpPackets } from "../fuzz/sessions/utp-packets.ts"
import { utpPeer } from "../fuzz/sessions/utp-peer.ts"
import { webSeed } from "../fuzz/sessions/web-seed.ts"
import type { FuzzTarget } from "../fuzz/target.ts"

/** Scripts that mean something, with something else in their middle. */
function inputsOf(target: FuzzTarget): fc.Arbitrary<Uint8Array> {
  const seeds = [...target.seeds()]
  const bytes = fc.uint8Array({ maxLength: 30 })
  const spliced = fc
    .tuple(fc.constantFrom(...seeds), fc.double({ min: 0, max: 1, noNaN: true }), bytes, fc.nat(8))
    .map(([seed, where, more, drop]) => {
      const at = Math.floor(where * seed.length)
      return Uint8Array.from([...seed.subarray(0, at), ...more, ...seed.subarray(at + drop)])
    })
  return fc.oneof({ weight: 4, arbitrary: spliced }, fc.uint8Array({ maxLength: 200 }))
}

const runs = new Map<FuzzTarget, number>([
  [loopbackPeer, 1],
  [socksProxy, 3],
  [dhtLookups, 5],
])
const usualRuns = 3

describe("whatever a stranger does, the audit ends in time and accuses nobody honest", () => {
  test.each(
    [
      dialledPeer,
      crowd,
      diallingPeer,
      encryptedPeer,
      utpPeer,
      utpPackets,
      magnetPeer,
      magnetInfo,
      httpTracker,
      udpTracker,
      wsTracker,
      dhtNodes,
      dhtLookups,
      webSeed,
      lsdNeighbour,
      socksProxy,
      loopbackPeer,
    ].map((target) => [target.name, target] as const),
  )("%s", async (_, target) => {
    const property = fc.asyncProperty(inputsOf(target), async (bytes) => target.run(bytes))
    const numRuns = runs.get(target) ?? usualRuns
    const details = await fc.check(property, { numRuns, interruptAfterTimeLimit: 10_000 })
    // With its seed, and the shortest bytes that it found.
    expect(details.failed ? fc.defaultReportMessage(details) : "").toBe("")
  })
})
