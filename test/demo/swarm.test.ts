import { describe, expect, test } from "vitest"
import { startHandshakeCrowd } from "../../src/demo/crowd.ts"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { startDemoSwarm } from "../../src/demo/swarm.ts"
import { countPieces } from "../../src/torrent/bitfield.ts"
import { parseMetainfo } from "../../src/torrent/metainfo.ts"
import { admitted, smallPayload, swarmFor, visit } from "../support/swarm.ts"

const network = loopbackNetwork()
const block = 16 * 1024

describe("the demo swarm", () => {
  test("is what it says: eight peers, four lies, one choker whom nobody may accuse", async () => {
    const swarm = await swarmFor()
    const metainfo = parseMetainfo(swarm.torrentBytes)
    const { infoHash, pieceCount } = swarm.payload
    expect(metainfo.defects).toEqual([])
    expect(metainfo.tiers).toEqual([[swarm.trackerUrl]])
    expect(Buffer.from(metainfo.infoHash).equals(infoHash)).toBe(true)
    expect(swarm.peers).toHaveLength(8)

    const at = (name: string) => `peer:${swarm.peers.find((peer) => peer.name === name)?.address}`
    expect(swarm.liars).toEqual([
      { audit: "phantom-seeders", subject: `tracker:${swarm.trackerUrl}` },
      { audit: "canary", subject: `tracker:${swarm.trackerUrl}` },
      { audit: "corrupt-data", subject: at("corrupter") },
      { audit: "unserved-claims", subject: at("over-claimer") },
    ])
    expect(swarm.peers.filter((peer) => !peer.honest).map((peer) => `peer:${peer.address}`)).toEqual(
      swarm.liars.slice(2).map((lie) => lie.subject),
    )

    for (const peer of swarm.peers) {
      const visitor = await visit(peer, { infoHash, fast: false })
      const [pieces] = (await visitor.saw("bitfield")) as [{ buffer: Uint8Array }]
      expect(Buffer.from(pieces.buffer).equals(peer.claims)).toBe(true)
      await visitor.leave()
    }
    const shares = swarm.peers.map((peer) => countPieces(peer.holds) / pieceCount)
    const expected = [1, 1, 1, 0.6, 0.25, 1, 1, 0.5]
    for (const [i, ratio] of shares.entries()) expect(ratio).toBeCloseTo(expected[i] ?? 0, 2)
  })

  test("can be honest, and cast anew", async () => {
    const swarm = await swarmFor({
      payload: smallPayload,
      inflate: 1,
      protocols: ["udp", "http"],
      cast: () => [{ name: "only one", lie: null }],
    })
    expect(swarm.liars).toEqual([])
    expect(parseMetainfo(swarm.torrentBytes).tiers).toEqual([[swarm.udpTrackerUrl], [swarm.trackerUrl]])
    const visitor = await admitted(swarm.peers[0] ?? { port: 0 })
    const bytes = await visitor.fetch(0, 0, block)
    expect(Buffer.from(bytes).equals(smallPayload.read(0, 0, block))).toBe(true)
  })

  test("stops and leaves no handle", async () => {
    const held = () => process.getActiveResourcesInfo().filter((name) => /Wrap|Timeout/.test(name)).length
    const before = held()
    const swarm = await startDemoSwarm(network)
    const visitor = await admitted(swarm.peers[0] ?? { port: 0 }, { infoHash: swarm.payload.infoHash })
    for (let i = 0; i < 8; i++) visitor.wire.request(0, i * block, block)
    expect(held()).toBeGreaterThan(before)
    await swarm.stop()
    await visitor.ended
    await expect.poll(held).toBeLessThanOrEqual(before)
  })

  test("a crowd: one port each, all named in one reply", async () => {
    const crowd = await startHandshakeCrowd(network, 200)
    try {
      expect(new Set(crowd.peers.map((peer) => peer.address)).size).toBe(200)
      const seeders = crowd.peers.filter((peer) => countPieces(peer.holds) === crowd.payload.pieceCount)
      expect(seeders).toHaveLength(150)
      const { infoHash } = crowd.payload
      const visitors = await Promise.all(crowd.peers.map((peer) => visit(peer, { infoHash })))
      await Promise.all(visitors.map((visitor) => visitor.saw("handshake")))
    } finally {
      await crowd.stop()
    }
  })
})
