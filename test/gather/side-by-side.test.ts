/** Several audits at once, over one port and within the budgets of one: each finds what it finds alone. */
import { randomBytes } from "node:crypto"
import { describe, expect, it, onTestFinished } from "vitest"
import { judge } from "../../src/audit.ts"
import { gatherOptions } from "../../src/commands/request.ts"
import { corrupter } from "../../src/demo/liars.ts"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { createPayload, type Payload } from "../../src/demo/payload.ts"
import type { DemoSwarm } from "../../src/demo/swarm.ts"
import type { Evidence } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import { openShared, type SharedOptions, type SharedTools } from "../../src/gather.ts"
import { paces } from "../../src/limits.ts"
import type { Connection, Network } from "../../src/network.ts"
import { dial, type Way } from "../../src/wire/dial.ts"
import type { Session } from "../../src/wire/session.ts"
import { openUtp } from "../../src/wire/utp.ts"
import { accusations, audit, seeder, type AuditOptions } from "../support/audit.ts"
import { seedboxFor } from "../support/seedbox.ts"
import { swarmFor } from "../support/swarm.ts"
import { testSwarm } from "../wire/swarm.ts"

const KiB = 1024

const payloadOf = (seed: number, sizeBytes = 600_000): Payload =>
  createPayload({ seed, pieceBytes: 64 * KiB, files: [{ path: [`${seed}.bin`], sizeBytes }] })

const swarmOf = (seed: number, ...actors: Parameters<typeof cast>): Promise<DemoSwarm> =>
  swarmFor({ payload: payloadOf(seed), cast: () => cast(...actors), inflate: 1 })
const cast = (...actors: ReturnType<typeof seeder>[]) => actors

async function sharing(options: Partial<SharedOptions> = {}): Promise<SharedTools> {
  const { proxied } = gatherOptions({})
  const shared = await openShared({
    network: loopbackNetwork(),
    pace: "lab",
    families: ["ipv4"],
    port: null,
    proxied,
    ...options,
  })
  onTestFinished(() => shared.close())
  return shared
}

const together = (swarms: readonly DemoSwarm[], options: AuditOptions): Promise<Evidence[]> =>
  Promise.all(swarms.map((swarm) => audit(swarm, options)))

/** Who is accused of what, the answer, and how far each peer went: what neither chance nor a busy machine decides. */
const found = (evidence: Evidence) => {
  const { verdict, findings } = judge(evidence)
  const held = findings.filter((each) => each.verdict === "warn" || each.verdict === "fail")
  return {
    status: verdict.status,
    downloadable: verdict.downloadable,
    findings: held.map((each) => `${each.audit} ${each.verdict} ${each.subject}`).toSorted(),
    peers: evidence.peers.map(({ address, stage, outcome }) => `${address} ${stage} ${outcome}`).toSorted(),
  }
}

const addresses = ({ peers }: Evidence) => peers.map(({ address }) => address).toSorted()

describe("audits at once", () => {
  it("find what each finds alone, name nobody else's peers, and one that fails is no matter to them", async () => {
    const swarms = [
      await swarmOf(1, seeder("a"), seeder("b", { behaviours: [corrupter()] })),
      await swarmOf(2, seeder("a"), seeder("b")),
    ]
    const alone = await Promise.all(swarms.map((swarm) => audit(swarm, { pex: false, seed: "1" })))
    const shared = await sharing()
    const broken = await swarmOf(3, seeder("a"))
    const failing = audit(broken, { shared, openReference: () => Promise.reject(new Error("unreadable")) })
    const [failed, beside] = await Promise.all([
      failing.catch((error: unknown) => error),
      together(swarms, { shared, pex: false, seed: "1" }),
    ])
    expect(failed).toMatchObject({ message: "unreadable" })
    expect(beside.map(found)).toEqual(alone.map(found))
    expect(beside.map(addresses)).toEqual(
      swarms.map(({ peers }) => peers.map(({ address }) => address).toSorted()),
    )
    for (const { run } of beside) expect(run).toMatchObject({ stopReason: "complete", capsHit: [] })
    expect(beside.flatMap(accusations)).toEqual([`corrupt-data peer:${swarms[0]?.peers[1]?.address}`])
  }, 60_000)
})

describe("who dials us", () => {
  /** A peer of that swarm, at the audits' port. */
  async function knock(port: number, infoHash: Uint8Array, way: Way): Promise<Session> {
    const network = loopbackNetwork()
    const opened = await openUtp({
      network,
      families: ["ipv4"],
      port: null,
      onConnection: (connection) => connection.close(failure("aborted")),
    })
    if (!opened.ok) throw new Error(opened.failure.code)
    onTestFinished(() => opened.value.close())
    const swarm = testSwarm({
      network,
      infoHash,
      peerId: randomBytes(20),
      utp: opened.value,
      encryption: "prefer",
      listenPort: null,
    })
    const dialled = await dial(swarm, `127.0.0.1:${port}`, way, new AbortController().signal)
    if (!dialled.ok) throw new Error(dialled.failure.code)
    onTestFinished(() => dialled.value.close(failure("idle")))
    return dialled.value
  }

  it("is in the evidence of its own torrent alone, however it came, and a stranger in none", async () => {
    const swarms = [await swarmOf(1, seeder("a")), await swarmOf(2, seeder("a"))]
    const [first, second] = swarms as [DemoSwarm, DemoSwarm]
    const shared = await sharing()
    const auditing = together(swarms, { shared, depth: "handshake" })
    const port = shared.port ?? 0
    const plain: Way = { transport: "tcp", encrypted: false }
    await Promise.all(
      [
        await knock(port, first.payload.infoHash, plain),
        await knock(port, second.payload.infoHash, { transport: "tcp", encrypted: true }),
        await knock(port, second.payload.infoHash, { transport: "utp", encrypted: false }),
      ].map(async (session) => expect(await session.handshaken).toMatchObject({ ok: true })),
    )
    const stranger = await knock(port, randomBytes(20), plain)
    expect(await stranger.handshaken).toMatchObject({ ok: false })
    const evidence = await auditing
    const incoming = evidence.map(({ peers }) =>
      peers
        .flatMap(({ attempts }) => attempts.filter(({ direction }) => direction === "incoming"))
        .map(({ transport, encryption }) => `${transport} ${encryption}`)
        .toSorted(),
    )
    expect(incoming).toEqual([["tcp none"], ["tcp mse-plaintext", "utp none"]])
    expect(evidence.map(({ run }) => run.vantage.inbound)).toEqual([true, true])
    const late = await knock(port, first.payload.infoHash, plain)
    expect(await late.handshaken).toMatchObject({ ok: false })
  })
})

/** How many connections we had open at once, in all and with each address, and when each was begun. */
function counting(): {
  network: Network
  most: () => number
  at: Map<string, { most: number; beganMs: number[] }>
} {
  const real = loopbackNetwork()
  const open = new Map<string, number>()
  const at = new Map<string, { most: number; beganMs: number[] }>()
  let total = 0
  let most = 0
  const network: Network = {
    ...real,
    async connect(to) {
      const key = `${to.host}:${to.port}`
      const seen = at.get(key) ?? { most: 0, beganMs: [] }
      at.set(key, seen)
      const count = (open.get(key) ?? 0) + 1
      open.set(key, count)
      seen.most = Math.max(seen.most, count)
      seen.beganMs.push(real.now())
      most = Math.max(most, ++total)
      let counted = true
      const left = () => {
        if (!counted) return
        counted = false
        total--
        open.set(key, (open.get(key) ?? 1) - 1)
      }
      const opened = await real.connect(to)
      if (!opened.ok) {
        left()
        return opened
      }
      void opened.value.ended.then(left)
      const close: Connection["close"] = (why) => {
        left()
        opened.value.close(why)
      }
      return { ok: true, value: { ...opened.value, close } }
    },
  }
  return { network, most: () => most, at }
}

describe("a seedbox: one client, one port, several torrents", () => {
  it("is audited for each, one after the other, and accused of nothing", async () => {
    const payloads = [1, 2, 3, 4].map((seed) => payloadOf(seed, 1_300_000))
    const bytesPerSecond = 1_024 * KiB
    const seedbox = await seedboxFor(payloads, { bytesPerSecond })
    const swarms = await Promise.all(
      payloads.map((payload) => swarmFor({ payload, cast: () => [], inflate: 1 })),
    )
    const { network, at } = counting()
    const shared = await sharing({ network })
    // Each takes about a quarter of that, and an eighth of the budget at most: 4 s. The last one is there for longer: its time does not
    // run while it waits.
    const timeoutMs = 14_000
    const evidence = await together(swarms, {
      shared,
      network,
      timeoutMs,
      maxDownloadBytes: 32_768 * KiB,
      peers: [seedbox.address],
      pex: false,
      seed: "1",
    })
    for (const each of evidence) {
      expect(each.peers.map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual(["verified ok"])
      // Its uplink is one: beside another audit's measurement this would be half of it.
      const goodput = each.peers[0]?.goodputBytesPerSecond?.value ?? 0
      expect(goodput / bytesPerSecond).toBeGreaterThan(0.9)
      expect(goodput / bytesPerSecond).toBeLessThan(1.1)
      expect(each.run).toMatchObject({ stopReason: "complete" })
      expect(accusations(each)).toEqual([])
    }
    expect(Math.max(...evidence.map(({ run }) => run.durationMs))).toBeGreaterThan(timeoutMs)
    const seen = at.get(seedbox.address)
    expect(seen?.most).toBe(1)
    const gaps = (seen?.beganMs ?? []).slice(1).map((ms, i) => ms - (seen?.beganMs[i] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThan(990)
  }, 60_000)
})

describe("budgets", () => {
  it("dials and sockets of all audits together are those of one run, and each has its part of them", async () => {
    const crowd = (seed: number) => swarmOf(seed, ...Array.from({ length: 6 }, (_, i) => seeder(`${i}`)))
    const swarms = [await crowd(1), await crowd(2)]
    const { network, most, at } = counting()
    const shared = await sharing({ network, pace: "polite" })
    const options = { shared, network, pace: "polite", depth: "handshake", timeoutMs: 4_000 } as const
    const evidence = await together(swarms, options)
    expect(most()).toBeLessThanOrEqual(paces.polite.sockets)
    const dials = swarms.map(({ peers }) => peers.flatMap(({ address }) => at.get(address)?.beganMs ?? []))
    const all = dials.flat().toSorted((a, b) => a - b)
    const lastsMs = (all.at(-1) ?? 0) - (all[0] ?? 0)
    expect(all.length).toBeLessThanOrEqual(1 + (paces.polite.dialsPerSecond * lastsMs) / 1_000 + 1)
    for (const own of dials) expect(own.length).toBeGreaterThanOrEqual(Math.floor(all.length / 2) - 1)
    expect(evidence.map(({ run }) => run.stopReason)).toEqual(["timeout", "timeout"])
  })
})
