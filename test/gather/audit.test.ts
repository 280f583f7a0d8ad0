/** Whole audits of honest peers, and how they end. */
import Wire from "bittorrent-protocol"
import { describe, expect, it } from "vitest"
import { judge } from "../../src/audit.ts"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import { garbage, silent } from "../../src/demo/breakers.ts"
import { share } from "../../src/demo/holdings.ts"
import { clients } from "../../src/demo/identity.ts"
import { leaves, leavingStages } from "../../src/demo/leavers.ts"
import { choker } from "../../src/demo/liars.ts"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { snapshot as schema } from "../../src/report.ts"
import { toBase64 } from "../../src/torrent/bitfield.ts"
import { accusations, audit, castOf, peerNamed, seeder } from "../support/audit.ts"
import { quietPort } from "../support/ports.ts"
import { smallPayload, swarmFor } from "../support/swarm.ts"

const KiB = 1024

/** Dials the auditor as soon as it listens, and says that it holds nothing. */
async function knock(port: number, peerId: string, extension: { v: string; p: number } | null = null) {
  const network = loopbackNetwork()
  const signal = AbortSignal.timeout(10_000)
  let opened = await network.connect({ host: "127.0.0.1", port, signal, timeoutMs: 1_000 })
  while (!opened.ok && !signal.aborted) {
    await network.sleep(50, signal)
    opened = await network.connect({ host: "127.0.0.1", port, signal, timeoutMs: 1_000 })
  }
  if (!opened.ok) throw new Error("it never listened")
  const { stream, local } = opened.value
  const wire = new Wire("tcpIncoming")
  const answered = new Promise((resolve) => wire.on("handshake", resolve))
  wire.on("data", (bytes: Uint8Array) => void stream.write(bytes))
  stream.on("data", (bytes: Uint8Array) => wire.write(bytes))
  if (extension) wire.extendedHandshake = extension
  wire.handshake(smallPayload.infoHash, Buffer.from(peerId).subarray(0, 20), { fast: true })
  await answered
  wire.haveNone()
  return { local }
}

describe("an honest swarm", () => {
  it("is counted, sampled and timed right, and nobody is accused", async () => {
    const swarm = await swarmFor(
      castOf(
        seeder("one"),
        seeder("two", { fast: false, unchokeMs: 200 }),
        seeder("half", { holds: share(smallPayload.pieceCount, 0.5) }),
      ),
    )
    const evidence = await audit(swarm)
    for (const peer of swarm.peers) {
      const seen = evidence.peers.find(({ address }) => address === peer.address)
      expect(seen).toMatchObject({ stage: "verified", outcome: "ok", bitfield: toBase64(peer.claims) })
      expect(seen?.peerId).toBe(Buffer.from(peer.peerId).toString("hex"))
      expect(
        seen?.samples.every(({ verified, failure }) => verified === true || failure?.code === "aborted"),
      ).toBe(true)
    }
    const snapshot = snapshotOf(evidence)
    expect(schema.strict().parse(snapshot)).toBeTruthy()
    expect(snapshot.swarm.seeders).toMatchObject({
      claimed: 2,
      reached: 2,
      served: 2,
      verified: 2,
      claim: "supported",
    })
    expect(snapshot.swarm.leechers).toMatchObject({ claimed: 1, reached: 1, verified: 1, claim: "supported" })
    expect(snapshot.verdict).toMatchObject({ status: "ok", downloadable: "yes", exitCode: 0 })
    expect(evidence.run).toMatchObject({ complete: true, stopReason: "complete", capsHit: [] })
    expect(evidence.run.usage.uploadedBytes).toBeLessThan(evidence.run.usage.downloadedBytes / 20)
  })

  it("of peers who close or reset at every stage: each ends with a reason, the seeder unharmed, nobody accused", async () => {
    const leavers = leavingStages.flatMap((stage) =>
      (["close", "reset"] as const).map((how) =>
        seeder(`${stage} ${how}`, { behaviours: [leaves(stage, how)] }),
      ),
    )
    const swarm = await swarmFor(
      castOf(
        seeder("steady"),
        ...leavers,
        seeder("garbage", { behaviours: [garbage()] }),
        seeder("choker", { behaviours: [choker] }),
      ),
    )
    const evidence = await audit(swarm)
    expect(evidence.peers).toHaveLength(swarm.peers.length)
    expect(peerNamed(evidence, swarm, "steady")).toMatchObject({ stage: "verified", outcome: "ok" })
    expect(peerNamed(evidence, swarm, "choker")).toMatchObject({ stage: "claimed", outcome: "choked" })
    expect(peerNamed(evidence, swarm, "garbage")).toMatchObject({
      stage: "connected",
      outcome: "protocol-error",
    })
    for (const { name } of leavers) {
      const peer = peerNamed(evidence, swarm, name)
      expect(peer.attempts.length).toBeGreaterThan(0)
      // They have no uTP.
      expect(peer.attempts.map(({ transport, failure }) => `${name}: ${transport} ${failure?.code}`)).toEqual(
        peer.attempts.map(() => expect.stringMatching(/: (tcp (closed|reset|refused)|utp timeout)$/)),
      )
    }
    expect(accusations(evidence)).toEqual([])
    expect(judge(evidence).verdict.downloadable).toBe("yes")
  })

  it("with a refused peer, a dead tracker and one that is no tracker: recorded, the rest unharmed", async () => {
    const swarm = await swarmFor(castOf(seeder("one")))
    const gone = `127.0.0.1:${await quietPort()}`
    const evidence = await audit(swarm, {
      peers: [gone],
      trackers: [
        "http://127.0.0.1:1/announce",
        "http://tracker.invalid/announce",
        `http://${swarm.peers[0]!.address}/announce`,
      ],
    })
    const refused = evidence.peers.find(({ address }) => address === gone)
    expect(refused).toMatchObject({ stage: "dialled", outcome: "connect-refused" })
    expect(peerNamed(evidence, swarm, "one").outcome).toBe("ok")
    const codes = evidence.trackers.map(({ announces }) => announces[0]?.failure?.code ?? "ok")
    expect(codes.slice(0, 3)).toEqual(["ok", "refused", "dns"])
    expect(evidence.trackers[3]?.announces[0]?.ok).toBe(false)
    const warned = judge(evidence).findings.filter(({ verdict }) => verdict === "warn")
    expect(warned.map(({ audit }) => audit)).toContain("dead-tracker")
    expect(accusations(evidence)).toEqual([])
  })
})

describe("the end of a run", () => {
  it("comes at the deadline, with what there is", async () => {
    const swarm = await swarmFor(castOf(seeder("one"), seeder("silent", { behaviours: [silent] })))
    const evidence = await audit(swarm, { timeoutMs: 4_000 })
    expect(evidence.run).toMatchObject({ complete: false, stopReason: "timeout" })
    expect(evidence.run.durationMs).toBeLessThan(6_000)
    expect(peerNamed(evidence, swarm, "one").outcome).toBe("ok")
    expect(evidence.trackers[0]?.announces.at(-1)).toMatchObject({ event: "stopped", ok: true })
  })

  it("comes at a signal: the record is finished, `stopped` is sent, UNKNOWN", async () => {
    const swarm = await swarmFor(castOf(seeder("one", { behaviours: [choker] })))
    const stop = new AbortController()
    const evidence = await audit(swarm, {
      stop: stop.signal,
      onProgress({ peers }) {
        if (peers.handshaken > 0) stop.abort("interrupted")
      },
    })
    expect(evidence.run).toMatchObject({ complete: false, stopReason: "interrupted" })
    expect(evidence.trackers[0]?.announces.at(-1)).toMatchObject({ event: "stopped", ok: true })
    expect(judge(evidence).verdict.status).toBe("unknown")
  })

  it("comes at the download budget, which is never exceeded and always told", async () => {
    const swarm = await swarmFor(castOf(seeder("one"), seeder("two")))
    const evidence = await audit(swarm, { maxDownloadBytes: 200 * KiB })
    expect(evidence.run.usage.payloadBytes).toBeLessThanOrEqual(200 * KiB)
    expect(evidence.run.capsHit.map(({ cap }) => cap)).toContain("max-download")
    expect(judge(evidence).findings.find(({ audit }) => audit === "budget-hit")?.verdict).not.toBe("warn")
  })

  it("leaves out more peers than asked for, and says so", async () => {
    const swarm = await swarmFor(castOf(seeder("one"), seeder("two"), seeder("three")))
    const evidence = await audit(swarm, { maxPeers: 2 })
    expect(evidence.peers).toHaveLength(2)
    expect(evidence.run.capsHit).toMatchObject([{ cap: "max-peers" }])
  })
})

describe("what we ask for", () => {
  it("depth scrape contacts no peer and joins nothing; discover names peers and visits nobody", async () => {
    const swarm = await swarmFor(castOf(seeder("one")))
    const scraped = await audit(swarm, { depth: "scrape" })
    expect(scraped.peers).toEqual([])
    expect(scraped.trackers[0]).toMatchObject({
      announces: [],
      scrape: { ok: true, seeders: 1, leechers: 0 },
    })
    const discovered = await audit(swarm, { depth: "discover" })
    expect(discovered.peers.map(({ stage }) => stage)).toEqual(["sighted"])
    expect(swarm.peers[0]?.visitCount).toBe(0)
    expect(judge(discovered).verdict.downloadable).toBe("untested")
  })

  it("a peer that dials us is judged like anybody else", async () => {
    const swarm = await swarmFor(castOf(seeder("one")))
    const port = await quietPort()
    const auditing = audit(swarm, { port })
    const { local } = await knock(port, "-XX0001-abcdefghijkl")
    const evidence = await auditing
    const incoming = evidence.peers.find(({ address }) => address === local)
    expect(incoming).toMatchObject({ stage: "claimed", haveCount: 0, sources: [{ kind: "incoming" }] })
    expect(incoming?.attempts).toMatchObject([{ direction: "incoming", ok: true }])
    expect(evidence.run.vantage.inbound).toBe(true)
  })

  it("a peer known by the port that it names is one entry, also under another peer id; another client there is another", async () => {
    const swarm = await swarmFor(castOf(seeder("one", { client: clients.libtorrent, unchokeMs: 3_000 })))
    const listensAt = swarm.peers[0]?.port ?? 0
    const port = await quietPort()
    const auditing = audit(swarm, { port })
    await knock(port, "-LT2080-anotheridhere", { v: clients.libtorrent.v, p: listensAt })
    const stranger = await knock(port, "-TR3000-abcdefghijkl", { v: clients.transmission.v, p: listensAt })
    const evidence = await auditing
    expect(new Set(evidence.peers.map(({ address }) => address))).toEqual(
      new Set([swarm.peers[0]?.address, stranger.local]),
    )
    expect(peerNamed(evidence, swarm, "one").sources.map(({ kind }) => kind)).toContain("incoming")
  })

  it("loopback only where it is named: a torrent's word alone admits nothing", async () => {
    const swarm = await swarmFor(castOf(seeder("one")))
    const evidence = await audit(swarm, { allowLocal: false })
    expect(evidence.trackers[0]?.announces[0]?.failure?.code).toBe("filtered")
    expect(evidence.peers).toEqual([])
    expect(swarm.peers[0]?.visitCount).toBe(0)
  })

  it("the same seed asks for the same pieces", async () => {
    const swarm = await swarmFor(castOf(seeder("one")))
    const firstPieces = async () =>
      (await audit(swarm, { seed: "fixed", samplePieces: 4 })).peers[0]?.samples
        .slice(0, 1)
        .map(({ piece }) => piece)
    expect(await firstPieces()).toEqual(await firstPieces())
  })
})
