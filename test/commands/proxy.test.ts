/** Whole runs through a SOCKS5 proxy on loopback: what it was asked is all that left us. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import type { DhtAnswer } from "../../src/evidence/dht-command.ts"
import { snapshot as schema, type Snapshot } from "../../src/report.ts"
import { castOf, seeder } from "../support/audit.ts"
import { dhtNode } from "../support/dht-node.ts"
import { startDhtNodes } from "../support/dht-nodes.ts"
import { runCli } from "../support/run-cli.ts"
import { socksServer, type SocksScript } from "../support/socks-server.ts"
import { swarmFor } from "../support/swarm.ts"

const login = { user: "joe", password: "s3cret:pass" }

async function audited(script: SocksScript, ...flags: string[]) {
  const swarm = await swarmFor(castOf(seeder("one"), seeder("two")))
  const folder = mkdtempSync(join(tmpdir(), "proxy-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const torrent = join(folder, "x.torrent")
  writeFileSync(torrent, swarm.torrentBytes)
  const server = await socksServer({
    login,
    names: { "tracker.lan": "127.0.0.1", "dht.lan": "127.0.0.1" },
    ...script,
  })
  const proxy = `socks5://joe:${encodeURIComponent(login.password)}@127.0.0.1:${server.port}`
  const common = ["-T", "lab", "--allow-local", "--timeout", "20s", "--no-pex", "--json", "--redact", "none"]
  const ran = await runCli([torrent, ...common, "--proxy", proxy, ...flags])
  return { server, ...ran }
}

const parse = (text: string): Snapshot => schema.strict().parse(JSON.parse(text))

describe("torrent-audit --proxy", () => {
  test("audits peers and trackers through it; what it can't carry is off and said", async () => {
    const { server, out, status } = await audited({}, "--lsd", "--dht-bootstrap", "127.0.0.1:9")
    const { run, swarm, peers, trackers } = parse(out)
    expect(status).toBe(0)
    expect(swarm.seeders).toMatchObject({ reached: 2, verified: 2 })
    expect(run.discovery).toMatchObject({ dht: "off", lsd: "off" })
    expect(run.contact).toMatchObject({
      proxy: true,
      utp: false,
      off: ["incoming connections", "LSD", "DHT", "UDP trackers", "uTP"],
    })
    expect(run.vantage.port).toBeNull()
    const asked = server.asked.map(({ host, port }) => `${host}:${port}`)
    for (const { address } of peers) expect(asked).toContain(address)
    expect(asked).toContain(new URL(trackers[0]!.url).host)
    expect(out).not.toContain(login.password)
  })

  test("names go to the proxy: a tracker's and, by UDP ASSOCIATE, a DHT node's and a UDP tracker's", async () => {
    const dht = await startDhtNodes(2)
    onTestFinished(() => dht.stop())
    const port = dht.entrance.split(":")[1]
    const trackers = ["udp", "http"].flatMap((scheme) => ["--tracker", `${scheme}://tracker.lan:9/announce`])
    const flags = ["--dht-bootstrap", `dht.lan:${port}`, ...trackers]
    const { server, out } = await audited({ udp: true }, ...flags)
    const { run, trackers: records, dht: record } = parse(out)
    expect(run.discovery?.dht).toBe("on")
    expect(run.contact).toMatchObject({ proxy: true, off: ["incoming connections", "LSD"] })
    expect(record?.bootstrap.find(({ origin }) => origin === "user")).toMatchObject({
      name: `dht.lan:${port}`,
      ok: true,
    })
    expect(server.carried).toContain(`dht.lan:${port}`)
    expect(server.carried).toContain("tracker.lan:9")
    expect(server.asked).toContainEqual({ command: "connect", host: "tracker.lan", port: 9 })
    const byName = records.find(({ url }) => url.startsWith("http://tracker.lan"))
    expect(byName?.announces[0]).toMatchObject({ family: "ipv4", failure: { code: "refused" } })
    expect(out).not.toContain(login.password)
  })

  test.each([
    ["a wrong password", { login: { user: "joe", password: "other" } }, "user and password refused"],
    ["no SOCKS", { hello: Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n") }, "does not speak SOCKS5"],
  ])("%s ends it before anything is sent", async (_, script, message) => {
    const { server, out, err, status } = await audited(script)
    expect(status).toBe(3)
    expect(err).toContain(`error[proxy]: proxy 127.0.0.1:${server.port}: `)
    expect(err).toContain(message)
    expect(`${out}${err}`).not.toContain(login.password)
    expect(server.asked).toEqual([])
  })

  test("a proxy that dies in mid-run: the record ends in time, and nobody is said to have refused", async () => {
    let server: Awaited<ReturnType<typeof socksServer>> | null = null
    let connects = 0
    const answer: SocksScript["answer"] = ({ command }) => {
      // The tracker, and the first peer.
      if (command === "connect" && ++connects === 3) server?.stop()
      return null
    }
    const swarm = await swarmFor(castOf(seeder("one"), seeder("two")))
    const folder = mkdtempSync(join(tmpdir(), "proxy-"))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(join(folder, "x.torrent"), swarm.torrentBytes)
    server = await socksServer({ answer })
    const flags = ["-T", "lab", "--allow-local", "--timeout", "25s", "--no-dht", "--json"]
    const { out, status } = await runCli([
      join(folder, "x.torrent"),
      ...flags,
      "--proxy",
      `socks5://127.0.0.1:${server.port}`,
    ])
    const { run, peers } = parse(out)
    expect(status).toBeGreaterThan(0)
    expect(run.durationMs).toBeLessThanOrEqual(26_000)
    expect(peers.flatMap(({ attempts }) => attempts.map(({ failure }) => failure?.code))).not.toContain(
      "refused",
    )
  })

  test.each([
    [["--proxy", "socks4://127.0.0.1:1080"], "bad-value", 64],
    [["--proxy", "socks5://127.0.0.1:1", "--port", "6881"], "usage", 64],
    [["--proxy", "socks5://127.0.0.1:1"], "proxy", 3],
  ])("%j", async (flags, code, exit) => {
    const { err, status } = await runCli(["magnet:?xt=urn:btih:" + "a".repeat(40), ...flags])
    expect(err).toContain(`error[${code}]`)
    expect(status).toBe(exit)
  })

  test("without UDP a magnet link without trackers has nobody left to ask", async () => {
    const server = await socksServer()
    const { err, status } = await runCli([
      "magnet:?xt=urn:btih:" + "a".repeat(40),
      "--proxy",
      `socks5://127.0.0.1:${server.port}`,
    ])
    expect(err).toContain("error[no-sources]: no trackers, and the proxy carries no UDP for the DHT")
    expect(status).toBe(3)
    expect(server.asked.map(({ command }) => command)).toEqual(["associate"])
  })

  test("the demo needs none", async () => {
    expect(await runCli(["demo", "--proxy", "socks5://127.0.0.1:1"])).toMatchObject({ status: 64 })
  })
})

describe("torrent-audit dht --proxy", () => {
  test("asks by way of the proxy", async () => {
    const server = await socksServer({ udp: true, names: { "dht.lan": "127.0.0.1" } })
    const node = await dhtNode(["127.0.0.1:1234"])
    const name = node.address.replace("127.0.0.1", "dht.lan")
    const flags = [
      "--allow-local",
      "--json",
      "--timeout",
      "10s",
      "--proxy",
      `socks5://127.0.0.1:${server.port}`,
    ]
    const { out, status } = await runCli([
      "dht",
      "get-peers",
      "a".repeat(40),
      "--dht-bootstrap",
      name,
      ...flags,
    ])
    expect(status).toBe(0)
    expect((JSON.parse(out) as DhtAnswer).swarms?.[0]?.peers).toMatchObject([{ address: "127.0.0.1:1234" }])
    expect(new Set(server.carried)).toEqual(new Set([name]))
  })

  test("a proxy without UDP is refused", async () => {
    const server = await socksServer()
    const flags = ["--proxy", `socks5://127.0.0.1:${server.port}`]
    const { err, status } = await runCli(["dht", "ping", "127.0.0.1:9", "--allow-local", ...flags])
    expect(err).toContain("error[proxy]: the proxy carries no UDP")
    expect(status).toBe(3)
  })
})
