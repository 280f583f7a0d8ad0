import { once } from "node:events"
import net from "node:net"
import { describe, expect, onTestFinished, test } from "vitest"
import { failure } from "../src/failure.ts"
import { limits } from "../src/limits.ts"
import { realNetwork, type HttpRequest, type NetworkOptions } from "../src/network.ts"
import { hasIPv6 } from "./discovery/question.ts"
import { quietPort } from "./support/ports.ts"

const signal = new AbortController().signal
const loopback = { host: "127.0.0.1", family: "ipv4" } as const

describe("an HTTP body", () => {
  /** A server that says just these bytes to whoever asks. */
  async function saying(...parts: Uint8Array[]): Promise<URL> {
    const server = net.createServer((socket) => {
      socket.on("error", () => {})
      socket.once("data", () => {
        for (const part of parts) socket.write(part)
      })
    })
    server.listen(0, loopback.host)
    await once(server, "listening")
    onTestFinished(() => void server.close())
    const address = server.address()
    if (address === null || typeof address === "string") throw new TypeError("no port")
    return new URL(`http://127.0.0.1:${address.port}/announce`)
  }

  const head = Buffer.from("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
  const chunk = (bytes: Uint8Array) =>
    Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")])
  const end = chunk(new Uint8Array())

  const asking = async (maxBodyBytes: number, ...parts: Uint8Array[]) =>
    realNetwork().http({
      url: await saying(...parts),
      address: loopback,
      headers: {},
      maxBodyBytes,
      maxHeaderBytes: 16_384,
      signal,
    })

  test("in many chunks is put together", async () => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * at) % 251))
    const chunks = Array.from({ length: 10_000 }, (_, at) => chunk(bytes.subarray(10 * at, 10 * at + 10)))
    const reply = await asking(100_000, head, Buffer.concat(chunks), end)
    if (!reply.ok) throw new Error(reply.failure.code)
    expect(Buffer.compare(reply.value.body, bytes)).toBe(0)
  })

  test("of no bytes", async () => {
    expect(await asking(100, head, end)).toMatchObject({ ok: true, value: { body: Buffer.alloc(0) } })
  })

  test("beyond what we accept", async () => {
    expect(await asking(100, head, chunk(Buffer.alloc(60)), chunk(Buffer.alloc(41)), end)).toEqual({
      ok: false,
      failure: failure("too-large", "more than 100 bytes"),
    })
  })

  describe("handed over as it comes", () => {
    async function taking(onBody: NonNullable<HttpRequest["onBody"]>, ...parts: Uint8Array[]) {
      return realNetwork().http({
        url: await saying(...parts),
        address: loopback,
        headers: {},
        maxBodyBytes: 1_000_000,
        maxHeaderBytes: 16_384,
        onBody,
        signal,
      })
    }

    test("in order, one piece at a time, and the last one is waited for", async () => {
      let busy = 0
      const seen: string[] = []
      const letters = ["a", "b", "c"].map((letter) => chunk(Buffer.from(letter.repeat(10))))
      const reply = await taking(
        async (bytes, { status }) => {
          expect(++busy).toBe(1)
          await new Promise((resolve) => setImmediate(resolve))
          busy--
          seen.push(`${status} ${Buffer.from(bytes).toString()}`)
          return true
        },
        head,
        ...letters,
        end,
      )
      expect(reply).toMatchObject({ ok: true, value: { status: 200, body: Buffer.alloc(0) } })
      expect(seen.map((text) => text.slice(4)).join("")).toBe(
        `${"a".repeat(10)}${"b".repeat(10)}${"c".repeat(10)}`,
      )
    })

    test("to the end, though the server hung up while the first piece was taken", async () => {
      const server = net.createServer((socket) => {
        socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 30000\r\n\r\na"))
      })
      server.listen(0, loopback.host)
      await once(server, "listening")
      onTestFinished(() => void server.close())
      const accepted = once(server, "connection") as Promise<[net.Socket]>
      let taken = 0
      const reply = await realNetwork().http({
        url: new URL(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}/`),
        address: loopback,
        headers: {},
        maxBodyBytes: 1_000_000,
        maxHeaderBytes: 16_384,
        async onBody(bytes) {
          taken += bytes.length
          if (taken > 1) return true
          const [socket] = await accepted
          socket.end(Buffer.alloc(29_999))
          await once(socket, "close")
          await new Promise((resolve) => setImmediate(resolve))
          return true
        },
        signal,
      })
      expect([reply.ok || reply.failure, taken]).toEqual([true, 30_000])
    })

    test("until it is enough: the rest is not read", async () => {
      let taken = 0
      const endless = Array.from({ length: 50 }, () => chunk(Buffer.alloc(10_000)))
      const reply = await taking(
        (bytes) => {
          taken += bytes.length
          return Promise.resolve(taken < 25_000)
        },
        head,
        ...endless,
      )
      expect(reply).toMatchObject({ ok: true, value: { status: 200 } })
      expect(taken).toBeLessThan(50_000)
    })

    test("more bytes or chunks than allowed end it all the same", async () => {
      const on = () => Promise.resolve(true)
      expect(await taking(on, head, chunk(Buffer.alloc(1_000_001)))).toMatchObject({
        failure: { code: "too-large" },
      })
      expect(await taking(on, head, Buffer.from("1\r\nx\r\n".repeat(70_000)))).toMatchObject({
        failure: { code: "bad-reply" },
      })
    })
  })

  test("in single bytes without end is refused before it costs much", async () => {
    const bytes = Buffer.from("1\r\nx\r\n".repeat(2_000_000))
    const before = process.memoryUsage().rss
    const reply = await asking(2_097_152, head, bytes, end)
    expect(reply).toEqual({ ok: false, failure: failure("bad-reply", "more than 65536 chunks") })
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6)
  })
})

describe("bound to addresses of one family", () => {
  const unbound = { ok: false, failure: failure("unreachable", "no address of this family is bound") }

  async function listening(options: NetworkOptions) {
    const port = await quietPort()
    const listener = await realNetwork(options).listen(port, (connection) =>
      connection.close(failure("idle")),
    )
    if (!listener.ok) throw new Error(listener.failure.code)
    onTestFinished(() => listener.value.close())
    return listener.value
  }
  const reaches = async (host: string, port: number) =>
    (await realNetwork().connect({ host, port, signal, timeoutMs: 2_000 })).ok

  test.skipIf(!hasIPv6)("listens there only", async () => {
    const six = await listening({ bind: { ipv6: "::1" } })
    expect([await reaches("::1", six.port), await reaches("127.0.0.1", six.port)]).toEqual([true, false])
    const four = await listening({ bind: { ipv4: "127.0.0.1" } })
    expect([await reaches("::1", four.port), await reaches("127.0.0.1", four.port)]).toEqual([false, true])
    expect(await reaches("127.0.0.2", four.port)).toBe(false)
  })

  test.skipIf(!hasIPv6)("of both: listens at both, at one port", async () => {
    const both = await listening({ bind: { ipv4: "127.0.0.1", ipv6: "::1" } })
    expect([await reaches("::1", both.port), await reaches("127.0.0.1", both.port)]).toEqual([true, true])
    both.close()
    expect([await reaches("::1", both.port), await reaches("127.0.0.1", both.port)]).toEqual([false, false])
  })

  test("none at all: listens at both, wherever", async () => {
    expect(await reaches("127.0.0.2", (await listening({})).port)).toBe(true)
  })

  test("that we don't use: no listener", async () => {
    const network = realNetwork({ bind: { ipv6: "::1" }, families: ["ipv4"] })
    expect(await network.listen(0, () => {})).toMatchObject({ ok: false, failure: { code: "unreachable" } })
  })

  test("uses no other family", async () => {
    const { port } = await listening({})
    const six = realNetwork({ bind: { ipv6: "::1" } })
    expect(await six.connect({ host: "127.0.0.1", port, signal, timeoutMs: 2_000 })).toEqual(unbound)
    const toUs = { url: new URL(`http://127.0.0.1:${port}/`), address: loopback, signal }
    expect(await six.http({ ...toUs, headers: {}, maxBodyBytes: 10, maxHeaderBytes: 1_024 })).toEqual(unbound)
    const ignore = () => {}
    expect(await six.datagrams("ipv4", ignore, ignore)).toEqual(unbound)
    const four = realNetwork({ bind: { ipv4: "127.0.0.1" } })
    expect(await four.connect({ host: "::1", port, signal, timeoutMs: 2_000 })).toEqual(unbound)
    expect(await four.datagrams("ipv6", ignore, ignore)).toEqual(unbound)
    expect(await four.connect({ host: "127.0.0.1", port, signal, timeoutMs: 2_000 })).toMatchObject({
      ok: true,
    })
  })
})

test("a burst of datagrams waits until it is read, as far as the system allows", async () => {
  const burst = 600
  const payload = new Uint8Array(1_400)
  const received = async (receiveBytes?: number): Promise<number> => {
    let count = 0
    const network = realNetwork({ bind: { ipv4: "127.0.0.1" }, families: ["ipv4"] })
    const options = receiveBytes === undefined ? {} : { receiveBytes }
    const [to, from] = [
      await network.datagrams(
        "ipv4",
        () => void count++,
        () => {},
        options,
      ),
      await network.datagrams(
        "ipv4",
        () => {},
        () => {},
      ),
    ]
    if (!to.ok || !from.ok) throw new Error("no socket")
    await Promise.all(
      Array.from({ length: burst }, () =>
        from.value.send(payload, { host: "127.0.0.1", port: to.value.port }),
      ),
    )
    await network.sleep(200, signal)
    for (const { value } of [to, from]) value.close()
    return count
  }
  const ordinary = await received()
  // Where the system gives nobody less, there is nothing to gain.
  expect(await received(limits.utp.socketBytes)).toBeGreaterThanOrEqual(Math.min(burst, 1.5 * ordinary))
})
