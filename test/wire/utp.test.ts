import { randomBytes } from "node:crypto"
import { describe, expect, onTestFinished, test } from "vitest"
import { failure } from "../../src/failure.ts"
import { realNetwork, type Connection } from "../../src/network.ts"
import { openUtp, type UtpOptions, type UtpSocket } from "../../src/wire/utp.ts"
import { never } from "./scripted-peer.ts"

async function opened(over: Partial<UtpOptions> = {}): Promise<UtpSocket> {
  const options: UtpOptions = {
    network: realNetwork(),
    families: ["ipv4", "ipv6"],
    port: null,
    onConnection() {},
    ...over,
  }
  const socket = await openUtp(options)
  if (!socket.ok) throw new Error(socket.failure.code)
  onTestFinished(() => socket.value.close())
  return socket.value
}

async function connected(from: UtpSocket, host: string, port: number): Promise<Connection> {
  const connection = await from.connect({ host, port, signal: never, timeoutMs: 5_000 })
  if (!connection.ok) throw new Error(connection.failure.code)
  return connection.value
}

/** Reads until its partner ends. */
async function all(connection: Connection): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of connection.stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe("over loopback", () => {
  test.each(["127.0.0.1", "::1", "0:0:0:0:0:0:0:1"])("both ways at %s", async (host) => {
    const [question, answer] = [randomBytes(300_000), randomBytes(2_000_000)]
    const heard = Promise.withResolvers<Buffer>()
    const server = await opened({
      async onConnection(connection) {
        connection.stream.write(answer)
        connection.stream.end()
        heard.resolve(await all(connection))
      },
    })
    const client = await opened()
    const connection = await connected(client, host, server.port)
    connection.stream.write(question)
    const came = all(connection)
    expect((await came).equals(answer)).toBe(true)
    expect((await heard.promise).equals(question)).toBe(true)
    expect(await connection.ended).toEqual(failure("closed"))
  })

  test("the same partner twice at once, from one socket, and ourselves", async () => {
    const echo: UtpOptions["onConnection"] = ({ stream }) => void stream.pipe(stream)
    const server = await opened({ onConnection: echo })
    const client = await opened({ onConnection: echo })
    const to = [server.port, server.port, client.port]
    const connections = await Promise.all(to.map((port) => connected(client, "127.0.0.1", port)))
    const heard = connections.map(async (connection, index) => {
      connection.stream.end(`I am ${index}`)
      return (await all(connection)).toString()
    })
    expect(await Promise.all(heard)).toEqual(["I am 0", "I am 1", "I am 2"])
  })

  test("closing the socket tells the partner at once", async () => {
    const met = Promise.withResolvers<Connection>()
    const server = await opened({ onConnection: met.resolve })
    const client = await opened()
    const connection = await connected(client, "127.0.0.1", server.port)
    connection.stream.write("hello")
    const theirs = await met.promise
    client.close()
    expect(await theirs.ended).toEqual(failure("reset", "RESET"))
    expect(await connection.ended).toMatchObject({ code: "aborted" })
  })
})

describe("the port", () => {
  test("is one number for both families", async () => {
    const { families, port } = await opened()
    expect(families).toEqual(["ipv4", "ipv6"])
    const again = await openUtp({
      network: realNetwork(),
      families: ["ipv4", "ipv6"],
      port,
      onConnection() {},
    })
    expect(again).toMatchObject({ ok: false, failure: { code: "no-socket" } })
  })

  test("as asked, and free after close", async () => {
    const first = await opened()
    const { port } = first
    first.close()
    await expect.poll(async () => (await openOn(port)) === port).toBe(true)
  })

  test("a family without it is left out, and says so", async () => {
    const network = realNetwork()
    const taken = await network.datagrams(
      "ipv6",
      () => {},
      () => {},
    )
    if (!taken.ok) throw new Error(taken.failure.code)
    onTestFinished(() => taken.value.close())
    const socket = await opened({ port: taken.value.port })
    expect(socket.families).toEqual(["ipv4"])
    expect(await socket.connect({ host: "::1", port: 9, signal: never, timeoutMs: 100 })).toMatchObject({
      ok: false,
      failure: { code: "unreachable" },
    })
  })

  test("no family at all", async () => {
    const outcome = await openUtp({ network: realNetwork(), families: [], port: null, onConnection() {} })
    expect(outcome).toMatchObject({ ok: false, failure: { code: "unreachable" } })
  })
})

async function openOn(port: number): Promise<number | null> {
  const socket = await openUtp({ network: realNetwork(), families: ["ipv4"], port, onConnection() {} })
  if (!socket.ok) return null
  socket.value.close()
  return socket.value.port
}
