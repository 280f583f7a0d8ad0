import dgram from "node:dgram"
import { once } from "node:events"
import http from "node:http"
import net from "node:net"
import { describe, expect, onTestFinished, test } from "vitest"
import type { DoctorAnswer, DoctorCheckName } from "../../src/evidence/doctor.ts"
import { renderDoctor } from "../../src/render/doctor.ts"
import { width } from "../../src/render/text.ts"
import { decode, encode, type BencodeDictionary } from "../../src/torrent/bencode.ts"
import { runCli } from "../support/run-cli.ts"
import { socksServer } from "../support/socks-server.ts"

/** BEP 42: it tells whoever asks where it sees them, or what it likes. */
async function tellingNode(says: readonly number[]): Promise<string> {
  const socket = dgram.createSocket("udp4")
  socket.on("message", (bytes, from) => {
    const { value } = decode(bytes) as { value: BencodeDictionary }
    const ip = Uint8Array.from([...says, from.port >> 8, from.port & 255])
    const reply = { ip, t: value.get("t") as Uint8Array, y: "r", r: { id: Buffer.alloc(20, "n") } }
    socket.send(encode(reply), from.port, from.address)
  })
  socket.bind(0, "127.0.0.1")
  await once(socket, "listening")
  onTestFinished(() => void socket.close())
  return `127.0.0.1:${socket.address().port}`
}

async function trackerAt(
  date: string | null,
  server = http.createServer(),
): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  server.on("request", (request: http.IncomingMessage, response: http.ServerResponse) => {
    asked.push(`${request.method} ${request.url}`)
    response.sendDate = false
    if (date !== null) response.setHeader("date", date)
    response.end("x".repeat(1_000_000))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}/s3cretPasskey0123456789abcdef0123/announce`,
    asked,
  }
}

const doctor = (...args: string[]) => runCli(["doctor", "--allow-local", "-4", "--timeout", "15s", ...args])

async function answered(...args: string[]): Promise<{ status: number | null; answer: DoctorAnswer }> {
  const { status, out, err } = await doctor("--json", ...args)
  expect(err).toBe("")
  return { status, answer: JSON.parse(out) as DoctorAnswer }
}
const checkOf = ({ checks }: DoctorAnswer, name: DoctorCheckName) => checks.find((each) => each.name === name)

describe("torrent-audit doctor", () => {
  test("asks the named node and tracker, and tells both ways the same", async () => {
    const nodes = await Promise.all([tellingNode([203, 0, 113, 9]), tellingNode([203, 0, 113, 9])])
    const tracker = await trackerAt(new Date(Date.now() - 3_600_000).toUTCString())
    const flags = [...nodes.flatMap((node) => ["--dht-bootstrap", node]), "--tracker", tracker.url]
    const { status, answer } = await answered(...flags)
    expect(status).toBe(1)
    expect(answer).toMatchObject({ command: "doctor", status: "warning", complete: true, error: null })
    expect(checkOf(answer, "udp")).toMatchObject({ level: "ok", facts: { asked: 2, answered: 2 } })
    expect(checkOf(answer, "dht")?.level).toBe("ok")
    expect(checkOf(answer, "ipv4")?.facts).toMatchObject({ outside: "203.0.113.9", reportedBy: 2, nat: true })
    expect(checkOf(answer, "clock")).toMatchObject({
      level: "warning",
      found: expect.stringContaining("60 min ahead") as string,
    })
    expect(checkOf(answer, "inbound")?.level).toBe("warning")
    expect(tracker.asked).toEqual(["GET /"])
    expect(JSON.stringify(answer)).not.toContain("s3cretPasskey")
    const page = await doctor(...flags)
    expect(page.status).toBe(1)
    expect(page.out).toMatch(/^▲ WARNING {2}/)
    expect(page.out).toContain("60 min ahead")
  })

  test("a clock that is right, and a tracker without a date", async () => {
    const right = await trackerAt(new Date().toUTCString())
    expect(checkOf((await answered("--tracker", right.url)).answer, "clock")?.level).toBe("ok")
    const none = await trackerAt(null)
    expect(checkOf((await answered("--tracker", none.url)).answer, "clock")).toMatchObject({
      level: "untested",
    })
    const udp = await answered("--tracker", "udp://127.0.0.1:1/announce")
    expect(checkOf(udp.answer, "clock")?.found).toBe("no HTTP tracker was named")
  })

  test("with --allow-local and no node named, nobody is asked", async () => {
    const { answer } = await answered()
    expect(
      ["dns", "udp", "dht", "clock"].map((name) => checkOf(answer, name as DoctorCheckName)?.level),
    ).toEqual(Array(4).fill("untested"))
  })

  test("a port that is taken is a problem", async () => {
    const server = net.createServer()
    server.listen(0, "0.0.0.0")
    await once(server, "listening")
    onTestFinished(() => void server.close())
    const { port } = server.address() as net.AddressInfo
    const { status, answer } = await answered("--port", `${port}`)
    expect([status, answer.status]).toEqual([2, "problem"])
    expect(checkOf(answer, "inbound")).toMatchObject({
      level: "problem",
      facts: { port, tcp: "no-socket: EADDRINUSE" },
    })
  })

  test("through a proxy with UDP: the node is asked there, and nothing listens", async () => {
    const proxy = await socksServer({ udp: true })
    const node = await tellingNode([203, 0, 113, 77])
    const { answer } = await answered("--dht-bootstrap", node, "--proxy", `socks5://127.0.0.1:${proxy.port}`)
    expect(checkOf(answer, "dht")?.level).toBe("ok")
    expect(checkOf(answer, "ipv4")?.facts).toMatchObject({ outside: "203.0.113.77" })
    expect(checkOf(answer, "inbound")).toMatchObject({ level: "untested", found: "off: through a proxy" })
    expect(proxy.carried).toEqual([node])
  })

  test("through a proxy without UDP: that is a warning", async () => {
    const proxy = await socksServer()
    const { status, answer } = await answered(
      "--dht-bootstrap",
      "127.0.0.1:9",
      "--proxy",
      `socks5://127.0.0.1:${proxy.port}`,
    )
    expect([status, checkOf(answer, "udp")?.level]).toEqual([1, "warning"])
  })

  test.each([
    [["file.torrent"], "usage", 64],
    [["-o", "x.json"], "usage", 64],
    [["--map", "--proxy", "socks5://127.0.0.1:1"], "usage", 64],
    [["--port", "6881", "--proxy", "socks5://127.0.0.1:1"], "usage", 64],
    [["--proxy", "socks5://127.0.0.1:1"], "proxy", 3],
    [["--dht-bootstrap", "nonsense"], "bad-value", 64],
  ])("%j is refused as one JSON document", async (args, code, status) => {
    const ran = await doctor("--json", ...args)
    expect(ran.status).toBe(status)
    expect((JSON.parse(ran.out) as { error: { code: string } }).error.code).toBe(code)
    expect(ran.err).toContain(`error[${code}]`)
  })

  test.each([20, 40, 80, 120])("no line is wider than %i columns, and foreign text is escaped", (columns) => {
    const answer: DoctorAnswer = {
      schemaVersion: "1.5",
      tool: { name: "torrent-audit", version: "0" },
      command: "doctor",
      startedAt: "2026-01-02T03:04:05.000Z",
      ms: 5,
      complete: false,
      status: "problem",
      checks: [
        {
          name: "dns",
          level: "problem",
          found: `\u001b[31m${"名".repeat(90)}`,
          means: `${"long ".repeat(60)}.`,
          facts: {},
        },
        { name: "files", level: "untested", found: "–", means: "Ünïcode.", facts: {} },
      ],
      error: null,
    }
    for (const ascii of [false, true]) {
      const page = renderDoctor(answer, { columns, color: false, ascii, top: 0, verbose: false })
      expect(Math.max(...page.split("\n").map((line) => width(line)))).toBeLessThanOrEqual(
        Math.max(columns, 32),
      )
      expect(page).not.toContain("\u001b")
      expect(ascii && /[^\x20-\x7e\n]/.test(page)).toBe(false)
    }
  })
})
