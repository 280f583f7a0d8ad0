/** Whole audits on loopback that find their peers, or the torrent itself, without a tracker. */
import { describe, expect, it } from "vitest"
import { gatherOptions } from "../../src/commands/request.ts"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { createPayload, type Payload } from "../../src/demo/payload.ts"
import { forgetful } from "../../src/discovery/answers.ts"
import { noNodes } from "../../src/discovery/dht.ts"
import type { Evidence } from "../../src/evidence.ts"
import { InputError } from "../../src/failure.ts"
import { gather, type GatherOptions, type Target } from "../../src/gather.ts"
import { encode, spanOf } from "../../src/torrent/bencode.ts"
import { parseInfoHash } from "../../src/torrent/magnet.ts"
import { parseMetainfo } from "../../src/torrent/metainfo.ts"
import { sha1 } from "../../src/network.ts"
import { dhtNode } from "../support/dht-node.ts"
import { peerFor, smallPayload } from "../support/swarm.ts"
import * as frames from "../wire/frames.ts"
import { data, introduction, metadataPeer, pex } from "../wire/metadata-peer.ts"
import { scriptedPeer } from "../wire/scripted-peer.ts"

const run = (target: Target, options: Partial<GatherOptions>, stop = new AbortController().signal) =>
  gather(
    target,
    {
      ...gatherOptions({ pace: ["lab"], timeout: ["30s"], "allow-local": true }),
      families: ["ipv4"],
      ...options,
    },
    { network: loopbackNetwork(), answers: forgetful, nodes: noNodes, onProgress: () => {}, stop },
  )

const torrentOf = (payload: Payload): Target => ({ metainfo: parseMetainfo(payload.torrentBytes([])) })
const magnetOf = (payload: Payload): Target => ({
  magnet: parseInfoHash(Buffer.from(payload.infoHash).toString("hex")),
})

function infoOf(payload: Payload): Uint8Array {
  const bytes = payload.torrentBytes([])
  const span = spanOf(bytes, "info")
  return span ? bytes.subarray(span.start, span.end) : new Uint8Array()
}

/** Tells the metadata, and nothing else. */
const teller = (payload: Payload, info = infoOf(payload)) =>
  scriptedPeer(async (visitor) => {
    const tell = metadataPeer(
      (piece) => data(piece, info.subarray(piece * 16_384, (piece + 1) * 16_384), info.length),
      [introduction({ size: info.length }), frames.haveNone],
    )
    await tell({ ...visitor, greet: (reserved) => visitor.greet(reserved, payload.infoHash) })
  })

const found = ({ peers }: Evidence, kind: string) =>
  peers.filter(({ sources }) => sources.some((source) => source.kind === kind)).map(({ address }) => address)

describe("without a tracker", () => {
  it("the DHT names the peers, and is told where we listen", async () => {
    const peer = await peerFor()
    const node = await dhtNode([`127.0.0.1:${peer.port}`])
    const evidence = await run(torrentOf(smallPayload), { dhtBootstrap: [node.address] })
    expect(found(evidence, "dht")).toEqual([`127.0.0.1:${peer.port}`])
    expect(evidence.peers[0]).toMatchObject({ stage: "verified", sources: [{ via: node.address }] })
    expect(evidence.dht).toMatchObject({ peerCount: 1, nodes: [{ address: node.address, announced: true }] })
    expect(node.announced).toContain(evidence.run.vantage.port)
    expect(evidence.run.discovery).toEqual({ dht: "on", pex: "on", lsd: "off", webSeeds: "on" })
    expect(evidence.run.stopReason).toBe("complete")
  })

  it("depth discover asks the DHT, and dials nobody; depth scrape tells it nothing", async () => {
    const node = await dhtNode(["127.0.0.1:9"])
    const dhtBootstrap = [node.address]
    const scraped = await run(torrentOf(smallPayload), { depth: "scrape", dhtBootstrap, lsd: true })
    expect(node.asked).toEqual([])
    expect(scraped.run.discovery).toMatchObject({ dht: "off", lsd: "off" })
    const evidence = await run(torrentOf(smallPayload), { depth: "discover", dhtBootstrap })
    expect(node.asked).toContain("get_peers")
    expect(node.asked).not.toContain("announce_peer")
    expect(found(evidence, "dht")).toEqual(["127.0.0.1:9"])
    expect(evidence.peers[0]?.attempts).toEqual([])
  })

  it("--no-dht sends nothing, and neither does a private torrent", async () => {
    const node = await dhtNode([])
    const peer = await peerFor()
    const peers = [`127.0.0.1:${peer.port}`]
    const off = await run(torrentOf(smallPayload), { dht: false, dhtBootstrap: [node.address], peers })
    expect(off.run.discovery?.dht).toBe("off")
    const secret = createPayload({ private: true, files: [{ path: ["a"], sizeBytes: 100_000 }] })
    const closed = await run(torrentOf(secret), { dhtBootstrap: [node.address], peers, lsd: true })
    expect(closed.run.discovery).toEqual({ dht: "private", pex: "private", lsd: "private", webSeeds: "on" })
    expect([off.dht, closed.dht, node.asked]).toEqual([null, null, []])
  })

  it("peers name each other, whom then everybody is visited", async () => {
    const other = await peerFor()
    const speaker = await scriptedPeer(async (visitor) => {
      await visitor.greet(frames.fullReserved, smallPayload.infoHash)
      const there = Uint8Array.from([127, 0, 0, 1, other.port >> 8, other.port & 255])
      visitor.send(introduction({ size: null }), frames.haveNone, pex({ added: there, "added.f": "\u0002" }))
    })
    const evidence = await run(torrentOf(smallPayload), { peers: [speaker] })
    expect(evidence.peers.map(({ address, stage }) => [address, stage])).toEqual([
      [speaker, "claimed"],
      [`127.0.0.1:${other.port}`, "verified"],
    ])
    expect(evidence.peers[1]?.sources).toMatchObject([{ kind: "pex", via: speaker, flags: 2 }])
    expect(evidence.peers[0]?.pex).toEqual({ messages: 1, added: 1, dropped: 0 })
    const without = await run(torrentOf(smallPayload), { peers: [speaker], pex: false })
    expect(without.peers).toHaveLength(1)
  })
})

describe("a magnet link", () => {
  it("is audited like its torrent, once a peer tells the metadata", async () => {
    const peer = await peerFor()
    const address = await teller(smallPayload)
    const liar = await teller(smallPayload, encode({ name: "wrong", pieces: Buffer.alloc(20) }))
    const peers = [liar, address, `127.0.0.1:${peer.port}`]
    const evidence = await run(magnetOf(smallPayload), { peers })
    const direct = await run(torrentOf(smallPayload), { peers: peers.slice(2) })
    expect(evidence.torrent).toEqual(direct.torrent)
    expect(evidence.run.metadata).toMatchObject({ from: address })
    expect(direct.run.metadata).toBeNull()
    expect([evidence, direct].map(({ peers }) => peers.at(-1)?.stage)).toEqual(["verified", "verified"])
  })

  it("that turns out private stops the DHT, whose peers are then left alone", async () => {
    const secret = createPayload({ private: true, files: [{ path: ["a"], sizeBytes: 100_000 }] })
    const stranger = await peerFor({ payload: secret })
    const address = await teller(secret)
    const node = await dhtNode([`127.0.0.1:${stranger.port}`])
    const evidence = await run(magnetOf(secret), { peers: [address], dhtBootstrap: [node.address] })
    expect(evidence.torrent.private).toBe(true)
    expect(evidence.run.discovery).toEqual({ dht: "private", pex: "private", lsd: "off", webSeeds: "on" })
    const named = evidence.peers.find(({ address }) => address === `127.0.0.1:${stranger.port}`)
    expect(named).toMatchObject({ outcome: "filtered", attempts: [] })
    expect(evidence.peers.find((peer) => peer.address === address)?.attempts).toHaveLength(1)
  })

  it("that nobody knows ends soon, with all that was heard", async () => {
    const node = await dhtNode(["127.0.0.1:9"])
    const evidence = await run(magnetOf(smallPayload), {
      peers: ["127.0.0.1:7"],
      dhtBootstrap: [node.address],
    })
    expect(evidence.run).toMatchObject({ stopReason: "complete", metadata: { from: null } })
    expect(evidence.torrent).toMatchObject({ pieceCount: 0, files: [] })
    expect(evidence.peers.map(({ address }) => address).toSorted()).toEqual(["127.0.0.1:7", "127.0.0.1:9"])
  })

  it("whose metadata is no torrent is refused", async () => {
    const info = encode({ name: "nothing", "piece length": 16_384 })
    const payload = { ...smallPayload, infoHash: sha1(info) }
    const address = await teller(payload, info)
    const refusal: unknown = await run(magnetOf(payload), { peers: [address] }).catch(
      (error: unknown) => error,
    )
    expect(refusal).toBeInstanceOf(InputError)
    expect(refusal).toMatchObject({
      evidence: { run: { metadata: { from: address } }, peers: [{ address }] },
    })
  })

  it("at depth scrape needs no metadata", async () => {
    const node = await dhtNode([])
    const evidence = await run(magnetOf(smallPayload), { depth: "scrape", dhtBootstrap: [node.address] })
    expect(evidence.run.metadata).toBeNull()
    expect(evidence.torrent.pieceCount).toBe(0)
  })
})
