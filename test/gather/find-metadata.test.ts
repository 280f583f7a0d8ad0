/** Whom a magnet link's first half asks, and what of it is kept for the second. */
import { once } from "node:events"
import net from "node:net"
import { describe, expect, it, onTestFinished } from "vitest"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { fail } from "../../src/failure.ts"
import { admission } from "../../src/gather/admission.ts"
import { findMetadata, type MetadataContext } from "../../src/gather/find-metadata.ts"
import type { Network } from "../../src/network.ts"
import * as frames from "../wire/frames.ts"
import { info, infoHash, introduction, metadataPeer, metadataSwarm, pex } from "../wire/metadata-peer.ts"
import { scriptedPeer, visitorOf } from "../wire/scripted-peer.ts"
import { remoteId } from "../wire/swarm.ts"

function finding(over: Partial<MetadataContext> = {}) {
  const network = over.network ?? loopbackNetwork()
  const hits: string[] = []
  const heard = Promise.withResolvers<void>()
  const rules = admission({
    allowLocal: true,
    pace: "lab",
    trackers: ["http://127.0.0.1/"],
    peers: [],
    dhtBootstrap: [],
    lsd: false,
  })
  const search = findMetadata({
    ourselves: metadataSwarm({ network }),
    pex: true,
    network,
    signal: new AbortController().signal,
    rules,
    pace: { sockets: 100, dialsPerSecond: Infinity },
    maxPeers: 200,
    hit(cap) {
      hits.push(cap)
      heard.resolve()
    },
    now: () => network.now(),
    ...over,
  })
  onTestFinished(() => search.stop())
  return { search, hits, cappedOnce: heard.promise }
}

const from = (...peers: string[]) => ({ kind: "tracker", via: "http://127.0.0.1/", at: "", peers }) as const

/** Never answers; counts. */
function deafNetwork() {
  const dialled: string[] = []
  const network: Network = {
    ...loopbackNetwork(),
    connect({ host, port, signal }) {
      dialled.push(`${host}:${port}`)
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve(fail("aborted"))))
    },
  }
  return { network, dialled }
}

const crowd = Array.from({ length: 40 }, (_, i) => `127.0.0.1:${i + 10_001}`)

describe("the search for metadata", () => {
  it("hears others out, however many strangers one peer names", async () => {
    const strangers = new Uint8Array(200 * 6)
    for (let i = 0; i < 200; i++) strangers.set([11, 1, 1, i, 0, 9], i * 6)
    const liar = await scriptedPeer(async (visitor) => {
      await visitor.greet(frames.fullReserved, infoHash)
      visitor.send(introduction({ size: null }), pex({ added: strangers }))
    })
    const { search, hits, cappedOnce } = finding({ network: loopbackNetwork() })
    search.see(from(liar))
    await cappedOnce
    expect(new Set(hits)).toEqual(new Set(["pex-peers"]))
    expect(search.heard.flatMap(({ peers }) => peers)).toHaveLength(1 + 100)
    const honest = await scriptedPeer(metadataPeer())
    search.see(from(honest))
    await expect.poll(() => search.info && Buffer.from(search.info).equals(info)).toBe(true)
    expect(search.record.from).toBe(honest)
  })

  it("opens no more sockets than the pace has", () => {
    const { network, dialled } = deafNetwork()
    finding({ network, pace: { sockets: 10, dialsPerSecond: Infinity } }).search.see(from(...crowd))
    expect(dialled).toHaveLength(10)
  })

  it("dials no faster than the pace does, but at once for a second's worth", () => {
    const { network, dialled } = deafNetwork()
    finding({ network, pace: { sockets: 100, dialsPerSecond: 2 } }).search.see(from(...crowd))
    expect(dialled.length).toBeGreaterThan(0)
    expect(dialled.length).toBeLessThanOrEqual(3)
  })

  it("knows that somebody reached us, once he shook hands on this torrent", async () => {
    const network = loopbackNetwork()
    const { search } = finding({ network })
    const listening = await network.listen(0, (connection) => search.welcome(connection))
    if (!listening.ok) throw new Error(listening.failure.code)
    onTestFinished(() => listening.value.close())
    const knock = async (hash: Uint8Array) => {
      const socket = net.connect(listening.value.port, "127.0.0.1")
      const visitor = visitorOf(socket)
      visitor.send(frames.handshakeFrame(hash, remoteId, frames.plainReserved))
      await once(socket, "close")
    }
    await knock(new Uint8Array(20))
    expect(search.inbound).toBe(false)
    await knock(infoHash)
    expect(search.inbound).toBe(true)
  })
})
