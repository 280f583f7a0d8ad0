/** The network fails us: no UDP, no names, no interface for a while. Nobody else is blamed, and the audit ends in its time. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { ownNetwork, type OwnNetwork } from "./own-network.ts"
import { accused, stage, type Defer } from "./stage.ts"

test.concurrent("UDP that goes nowhere: the rest is told, and that tracker is not called dead", async ({
  onTestFinished,
}) => {
  const network = await ownNetwork(onTestFinished)
  const { audit } = await stage(onTestFinished, { peers: 3, protocols: ["http", "udp"] }, network.around)
  network.run(`
    nft add table inet faults
    nft add chain inet faults in '{ type filter hook input priority 0; }'
    nft add rule inet faults in meta l4proto udp drop
  `)
  const { status, out, snapshot } = await audit(["--depth", "handshake", "--timeout", "6s"]).ended
  expect(status).toBe(0)
  expect(out).toMatch(/^ +✗ udp:\S+ +stopped/m)
  expect(out).toMatch(/limits hit: timeout/)
  expect(snapshot?.peers.filter(({ peerId }) => peerId !== null)).toHaveLength(3)
  expect(accused(snapshot)).toEqual([])
})

test.concurrent("no interface at all: it is our fault", async ({ onTestFinished }) => {
  const network = await ownNetwork(onTestFinished)
  const { audit } = await stage(onTestFinished, { peers: 3 }, network.around)
  network.run("ip link set lo down")
  const { status, err, snapshot } = await audit(["--timeout", "20s"]).ended
  expect(status).toBe(3)
  expect(err).toMatch(/^error\[self-offline\]|^$/)
  expect(snapshot?.findings).toContainEqual(
    expect.objectContaining({ audit: "self-offline", verdict: "inconclusive" }),
  )
  expect(accused(snapshot)).toEqual([])
})

test.concurrent("the interface goes down while pieces are fetched, and comes back", async ({
  onTestFinished,
}) => {
  const network = await ownNetwork(onTestFinished)
  const options = { peers: 3, bytesPerSecond: 96 * 1_024, unchokeMs: 200 }
  const { audit } = await stage(onTestFinished, options, network.around)
  const run = audit(["--progress", "plain", "--timeout", "12s"])
  await run.says(/bytes=[1-9]|piecesVerified=[1-9]|peersHandshaken=3/)
  network.run("ip link set lo down; sleep 3; ip link set lo up")
  const { status, snapshot } = await run.ended
  expect([0, 3]).toContain(status)
  expect(accused(snapshot)).toEqual([])
})

/** A name server with a fault of its own. */
async function nameServer(defer: Defer, network: OwnNetwork, folder: string, fault: string): Promise<void> {
  const file = join(folder, "resolv.conf")
  writeFileSync(file, "nameserver 127.0.0.1\noptions timeout:30 attempts:2\n")
  network.run(`mount --bind '${file}' /etc/resolv.conf`)
  const script = join(import.meta.dirname, "dns-server.ts")
  const [program, ...words] = [...network.around, process.execPath, script, fault]
  const server = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] })
  defer(() => void server.kill())
  await once(server.stdout, "data")
}

const trackers = (port: string, count: number) =>
  Array.from({ length: count }, (_, i) => ["--tracker", `http://t${i}.test:${port}/announce`]).flat()

test.concurrent.for(["silent", "servfail"])(
  "a name server that is %s: the audit ends at its time, whatever look-ups are in the air",
  async (fault, { onTestFinished }) => {
    const network = await ownNetwork(onTestFinished, true)
    const { audit, folder, swarm } = await stage(onTestFinished, { peers: 3 }, network.around)
    await nameServer(onTestFinished, network, folder, fault)
    const { port } = new URL(swarm.trackerUrl)
    const run = audit(["--depth", "handshake", "--timeout", "5s", ...trackers(port, 6)])
    let printedMs = Infinity
    run.process.stdout?.once("data", () => (printedMs = performance.now()))
    const { status, snapshot } = await run.ended
    // A look-up lasts for a minute here.
    expect(performance.now() - printedMs).toBeLessThan(20_000)
    expect(status).toBe(0)
    expect(snapshot?.peers.filter(({ peerId }) => peerId !== null)).toHaveLength(3)
    expect(accused(snapshot)).toEqual([])
  },
)
