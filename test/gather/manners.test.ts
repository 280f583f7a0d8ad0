/** How peers are dialled and for how long: on loopback, seen through a network that gives them addresses of their own. */
import { describe, expect, it, onTestFinished } from "vitest"
import { judge } from "../../src/audit.ts"
import { choker } from "../../src/demo/liars.ts"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { startPeer, type Peer } from "../../src/demo/peer.ts"
import type { Behaviour } from "../../src/demo/steps.ts"
import type { Evidence } from "../../src/evidence.ts"
import type { Connection, Network } from "../../src/network.ts"
import { hostileHttp } from "../discovery/hostile-http.ts"
import { audit, castOf, seeder } from "../support/audit.ts"
import { peerFor, smallPayload, swarmFor } from "../support/swarm.ts"

const KiB = 1024

/** Whatever the address, loopback answers; `most` are the connections that were open at once. */
function elsewhere(): { network: Network; most: Map<string, number> } {
  const real = loopbackNetwork()
  const open = new Map<string, number>()
  const most = new Map<string, number>()
  const network: Network = {
    ...real,
    async connect(to) {
      const count = (open.get(to.host) ?? 0) + 1
      open.set(to.host, count)
      most.set(to.host, Math.max(count, most.get(to.host) ?? 0))
      let counted = true
      const left = () => {
        if (counted) open.set(to.host, (open.get(to.host) ?? 1) - 1)
        counted = false
      }
      const opened = await real.connect({ ...to, host: "127.0.0.1" })
      if (!opened.ok) {
        left()
        return opened
      }
      const connection = opened.value
      void connection.ended.then(left)
      const close: Connection["close"] = (why) => {
        left()
        connection.close(why)
      }
      return { ok: true, value: { ...connection, close } }
    },
  }
  return { network, most }
}

async function auditAt(addresses: string[], options: Parameters<typeof audit>[1] = {}): Promise<Evidence> {
  const swarm = await swarmFor(castOf())
  return audit(swarm, { peers: addresses, ...options })
}

const outcomes = ({ peers }: Evidence) => peers.map(({ outcome }) => outcome)

describe("manners", () => {
  it("two sockets per address at most, and a third peer there has its turn all the same", async () => {
    const peers = [await peerFor(), await peerFor(), await peerFor()]
    const { network, most } = elsewhere()
    const evidence = await auditAt(
      peers.map(({ port }) => `10.9.9.9:${port}`),
      { network },
    )
    expect(evidence.run.stopReason).toBe("complete")
    expect(outcomes(evidence)).toEqual(["ok", "ok", "ok"])
    expect(most.get("10.9.9.9")).toBe(2)
  })

  it("one peer at an IPv4 and an IPv6 address is one entry", async () => {
    const peer = await peerFor()
    const { network } = elsewhere()
    const evidence = await auditAt([`10.9.9.9:${peer.port}`, `[fd00::9]:${peer.port}`], { network })
    expect(evidence.peers).toHaveLength(1)
    expect(evidence.peers[0]?.alsoAt).toHaveLength(1)
    expect(judge(evidence).swarm.seeders.reached).toBe(1)
  })

  it("a peer that chokes us for good after its first piece doesn't hold the run up", async () => {
    const chokesAfter =
      (blocks: number): Behaviour =>
      (steps) => {
        let served = 0
        return {
          ...steps,
          serve(visit, request) {
            steps.serve(visit, request)
            if (++served === blocks) setImmediate(() => visit.wire.choke())
          },
        }
      }
    const peer = await peerFor({ behaviours: [chokesAfter(8)] })
    const evidence = await auditAt([peer.address], { timeoutMs: 60_000 })
    expect(evidence.run).toMatchObject({ stopReason: "complete" })
    expect(evidence.peers[0]?.stage).toBe("verified")
    expect(evidence.run.durationMs).toBeLessThan(45_000)
  })

  it("a slow peer doesn't keep the goodput slot from the fast", async () => {
    const slow = await peerFor({ bytesPerSecond: 8 * KiB })
    const fast = await peerFor({ bytesPerSecond: 1_024 * KiB })
    const evidence = await auditAt([slow.address, fast.address], { timeoutMs: 25_000 })
    const seen = evidence.peers.find(({ address }) => address === fast.address)
    expect(seen?.goodputBytesPerSecond).not.toBeNull()
  })

  it("a small budget gives everybody a first piece before it measures anybody", async () => {
    const peers: Peer[] = []
    for (let i = 0; i < 12; i++) peers.push(await peerFor({ bytesPerSecond: 512 * KiB }))
    const evidence = await auditAt(
      peers.map(({ address }) => address),
      { maxDownloadBytes: 2 * 12 * 64 * KiB, pace: "lab" },
    )
    expect(evidence.peers.map(({ stage }) => stage)).toEqual(peers.map(() => "verified"))
  })

  it("--timeout is a bound, also when the tracker never answers `stopped`", async () => {
    const tracker = await hostileHttp((request, response) => {
      if (!request.url?.includes("event=stopped")) response.end("d8:intervali1800e5:peers0:e")
    })
    onTestFinished(() => tracker.close())
    const swarm = await swarmFor(castOf(seeder("one", { behaviours: [choker] })))
    const evidence = await audit(swarm, { timeoutMs: 5_000, trackers: [`${tracker.url}/announce`] })
    expect(evidence.run.stopReason).toBe("timeout")
    expect(tracker.requests.some((url) => url.includes("event=stopped"))).toBe(true)
    // Without the bound it takes 2.5 s more; a busy machine may take a second more.
    expect(evidence.run.durationMs).toBeLessThan(6_500)
  })

  it("who leaves before it unchokes us did not choke us", async () => {
    const leaver = await startPeer(loopbackNetwork(), { payload: smallPayload, unchokeMs: 60_000 })
    const greeted = Promise.withResolvers<void>()
    const auditing = auditAt([leaver.address], {
      timeoutMs: 20_000,
      onProgress: ({ peers }) => peers.handshaken > 0 && greeted.resolve(),
    })
    await greeted.promise
    await leaver.stop()
    const [peer] = (await auditing).peers
    expect(peer?.stage).toBe("claimed")
    expect(peer?.outcome).toMatch(/^connection-(closed|reset)$/)
  })
})
