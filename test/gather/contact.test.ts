/** Whole audits on loopback of peers that only one way leads to. */
import { describe, expect, it } from "vitest"
import { gatherOptions } from "../../src/commands/request.ts"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { forgetful } from "../../src/discovery/answers.ts"
import { noNodes } from "../../src/discovery/dht.ts"
import type { Attempt, Evidence } from "../../src/evidence.ts"
import { gather, type GatherOptions, type Target } from "../../src/gather.ts"
import { parseInfoHash } from "../../src/torrent/magnet.ts"
import { parseMetainfo } from "../../src/torrent/metainfo.ts"
import { spanOf } from "../../src/torrent/bencode.ts"
import type { Way } from "../../src/wire/dial.ts"
import { disguised } from "../support/disguise.ts"
import { peerFor, smallPayload } from "../support/swarm.ts"
import * as frames from "../wire/frames.ts"
import { data, introduction, metadataPeer } from "../wire/metadata-peer.ts"
import { scriptedPeer } from "../wire/scripted-peer.ts"

const torrentBytes = smallPayload.torrentBytes([])
const torrent: Target = { metainfo: parseMetainfo(torrentBytes) }
const magnet: Target = { magnet: parseInfoHash(Buffer.from(smallPayload.infoHash).toString("hex")) }

const run = (target: Target, options: Partial<GatherOptions>): Promise<Evidence> =>
  gather(
    target,
    {
      ...gatherOptions({ pace: ["lab"], timeout: ["40s"], "allow-local": true }),
      families: ["ipv4"],
      depth: "handshake",
      ...options,
    },
    {
      network: loopbackNetwork(),
      answers: forgetful,
      nodes: noNodes,
      onProgress: () => {},
      stop: new AbortController().signal,
    },
  )

const ways: Record<string, Way> = {
  "encrypted TCP": { transport: "tcp", encrypted: true },
  uTP: { transport: "utp", encrypted: false },
  "encrypted uTP": { transport: "utp", encrypted: true },
}

const told = ({ transport, encryption, ok, failure }: Attempt) =>
  `${transport} ${encryption} ${ok ? "ok" : failure?.code}`

describe("peers that only one way leads to", () => {
  it("are all met, and the record says how each attempt went", async () => {
    const places: string[] = []
    for (const [name, way] of Object.entries(ways)) {
      const peer = await peerFor()
      places.push(
        await disguised(peer.address, way, smallPayload.infoHash, { takesTcp: name === "encrypted uTP" }),
      )
    }
    const evidence = await run(torrent, { peers: places })
    expect(evidence.run.contact).toEqual({ encryption: "prefer", utp: true, proxy: false, off: [] })
    expect(evidence.run.stopReason).toBe("complete")
    const attempts = Object.fromEntries(evidence.peers.map((peer) => [peer.address, peer.attempts]))
    expect(places.map((place) => attempts[place]?.map(told))).toEqual([
      [expect.stringMatching(/^tcp none (closed|reset)$/), "tcp mse-rc4 ok"],
      ["tcp none refused", "utp none ok"],
      [
        expect.stringMatching(/^tcp none (closed|reset)$/),
        expect.stringMatching(/^tcp mse-rc4 (closed|reset)$/),
        expect.stringMatching(/^utp none (closed|reset)$/),
        "utp mse-rc4 ok",
      ],
    ])
    expect(evidence.peers.map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual(
      places.map(() => "claimed ok"),
    )
  })

  it.each<[GatherOptions["encryption"], string[], string]>([
    [
      "off",
      ["tcp none closed", "utp none timeout", "tcp none closed", "tcp none closed"],
      "connection-closed",
    ],
    ["require", ["tcp mse-rc4 ok"], "ok"],
  ])("--encryption %s", async (encryption, attempts, outcome) => {
    const peer = await peerFor()
    const place = await disguised(peer.address, ways["encrypted TCP"]!, smallPayload.infoHash)
    const evidence = await run(torrent, { peers: [place], encryption })
    expect(evidence.peers[0]?.attempts.map((each) => told(each).replace("reset", "closed"))).toEqual(attempts)
    expect(evidence.peers[0]?.outcome).toBe(outcome)
  })

  it("tell a magnet's metadata too, and are visited by that way at once", async () => {
    const span = spanOf(torrentBytes, "info")!
    const info = torrentBytes.subarray(span.start, span.end)
    const teller = await scriptedPeer(async (visitor) => {
      const tell = metadataPeer(
        (piece) => data(piece, info.subarray(piece * 16_384, (piece + 1) * 16_384), info.length),
        [introduction({ size: info.length }), frames.haveNone],
      )
      await tell({ ...visitor, greet: (reserved) => visitor.greet(reserved, smallPayload.infoHash) })
    })
    for (const way of Object.values(ways)) {
      const place = await disguised(teller, way, smallPayload.infoHash)
      const evidence = await run(magnet, { peers: [place] })
      expect(evidence.run.metadata).toMatchObject({ from: place })
      expect(evidence.peers[0]?.attempts.map(told)).toEqual([
        `${way.transport} ${way.encrypted ? "mse-rc4" : "none"} ok`,
      ])
    }
  })
})
