/** Several audits that know no tracker: magnet links and the DHT, over one port and one client. */
import { expect, it, onTestFinished } from "vitest"
import { gatherOptions } from "../../src/commands/request.ts"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { createPayload, type Payload } from "../../src/demo/payload.ts"
import { forgetful } from "../../src/discovery/answers.ts"
import { noNodes } from "../../src/discovery/dht.ts"
import { gather, openShared, type GatherOptions, type Target } from "../../src/gather.ts"
import { spanOf } from "../../src/torrent/bencode.ts"
import { parseInfoHash } from "../../src/torrent/magnet.ts"
import { parseMetainfo } from "../../src/torrent/metainfo.ts"
import { dhtNode } from "../support/dht-node.ts"
import { peerFor } from "../support/swarm.ts"
import * as frames from "../wire/frames.ts"
import { data, introduction, metadataPeer } from "../wire/metadata-peer.ts"
import { scriptedPeer } from "../wire/scripted-peer.ts"

const payloadOf = (seed: number, isPrivate = false): Payload =>
  createPayload({ seed, private: isPrivate, files: [{ path: ["a"], sizeBytes: 300_000 }] })

const magnetOf = (payload: Payload): Target => ({
  magnet: parseInfoHash(Buffer.from(payload.infoHash).toString("hex")),
})

/** Tells the metadata, and nothing else. */
function teller(payload: Payload): Promise<string> {
  const bytes = payload.torrentBytes([])
  const span = spanOf(bytes, "info")
  const info = span ? bytes.subarray(span.start, span.end) : new Uint8Array()
  return scriptedPeer(async (visitor) => {
    const tell = metadataPeer(
      (piece) => data(piece, info.subarray(piece * 16_384, (piece + 1) * 16_384), info.length),
      [introduction({ size: info.length }), frames.haveNone],
    )
    await tell({ ...visitor, greet: (reserved) => visitor.greet(reserved, payload.infoHash) })
  })
}

it("two magnet links and a private torrent: each its own metadata, and the DHT hears of two", async () => {
  const network = loopbackNetwork()
  const shared = await openShared({ network, pace: "lab", families: ["ipv4"], port: null, proxied: false })
  onTestFinished(() => shared.close())
  const node = await dhtNode([])
  const payloads = [payloadOf(1), payloadOf(2), payloadOf(3, true)] as const
  const run = async (target: Target, options: Partial<GatherOptions>) =>
    gather(
      target,
      {
        ...gatherOptions({ pace: ["lab"], timeout: ["30s"], "allow-local": true }),
        families: ["ipv4"],
        pex: false,
        dhtBootstrap: [node.address],
        ...options,
      },
      {
        network,
        answers: forgetful,
        nodes: noNodes,
        onProgress: () => {},
        stop: new AbortController().signal,
        shared,
      },
    )
  const tellers = [await teller(payloads[0]), await teller(payloads[1])] as const
  const peers = await Promise.all(payloads.map((payload) => peerFor({ payload })))
  const at = (i: number) => peers[i]?.address ?? ""
  const [first, second, secret] = await Promise.all([
    run(magnetOf(payloads[0]), { peers: [tellers[0], at(0)] }),
    run(magnetOf(payloads[1]), { peers: [tellers[1], at(1)] }),
    run({ metainfo: parseMetainfo(payloads[2].torrentBytes([])) }, { peers: [at(2)] }),
  ])
  expect([first, second].map(({ run }) => run.metadata?.from)).toEqual([...tellers])
  expect([first, second, secret].map((each) => each.peers.at(-1)?.stage)).toEqual([
    "verified",
    "verified",
    "verified",
  ])
  expect([first, second, secret].map((each) => each.run.discovery?.dht)).toEqual(["on", "on", "private"])
  expect(secret.dht).toBeNull()
  expect([first, second].map((each) => each.dht?.nodes[0]?.announced)).toEqual([true, true])
  // Two info hashes, one port.
  expect(node.announced).toEqual([shared.port, shared.port])
  expect([first, second, secret].map((each) => each.run.vantage.port)).toEqual(Array(3).fill(shared.port))
})
