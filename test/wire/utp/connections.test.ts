import { randomBytes } from "node:crypto"
import { describe, expect, onTestFinished, test } from "vitest"
import { failure, succeed } from "../../../src/failure.ts"
import { limits } from "../../../src/limits.ts"
import type { Connection } from "../../../src/network.ts"
import { decodePacket, encodePacket, noPayload, type Packet } from "../../../src/wire/utp/codec.ts"
import { createConnections } from "../../../src/wire/utp/connections.ts"
import { virtualClock } from "../virtual-clock.ts"

const stranger = { host: "127.0.0.2", port: 6_881 }

const packet = (over: Partial<Packet>): Packet => ({
  type: "syn",
  connectionId: 500,
  timestampUs: 1,
  differenceUs: 0,
  windowBytes: 100_000,
  seq: 100,
  ack: 0,
  selective: null,
  payload: noPayload,
  ...over,
})

/** Our side alone: what it sends is seen here, with what comes decided by the test. */
function ours() {
  const clock = virtualClock()
  const sent: (Packet & { to: { host: string; port: number } })[] = []
  const accepted: Connection[] = []
  const connections = createConnections({
    network: { ...clock.network, randomBytes: (count) => randomBytes(count) },
    local: () => "127.0.0.1:1",
    send(data, to) {
      sent.push({ ...decodePacket(data)!, to })
      return Promise.resolve(succeed(undefined))
    },
    onConnection: (connection) => accepted.push(connection),
  })
  onTestFinished(() => connections.close())
  const hear = (over: Partial<Packet>, from = stranger) =>
    connections.receive(encodePacket(packet(over)), from)
  return { pass: (ms: number) => clock.pass(ms), connections, sent, accepted, hear }
}

/** A stranger that said a first word. */
async function met() {
  const it = ours()
  it.hear({})
  const answer = it.sent[0]!
  it.hear({ type: "data", connectionId: 501, seq: 101, ack: answer.seq - 1, payload: Buffer.from("hello") })
  await it.pass(0)
  return { ...it, answer, connection: it.accepted[0]! }
}

describe("a stranger's SYN", () => {
  test("is answered, and nothing more until the answer is known to have arrived", async () => {
    const { sent, accepted, hear } = ours()
    hear({})
    expect(sent).toMatchObject([{ type: "state", connectionId: 500, ack: 100, to: stranger }])
    expect(sent[0]?.payload).toHaveLength(0)
    hear({ type: "data", connectionId: 501, seq: 101, ack: sent[0]!.seq, payload: Buffer.from("x") })
    expect(accepted).toEqual([])
    hear({ type: "data", connectionId: 501, seq: 101, ack: sent[0]!.seq - 1, payload: Buffer.from("x") })
    expect(accepted).toMatchObject([{ transport: "utp", encryption: "none", remote: "127.0.0.2:6881" }])
  })

  test("sent again it gets the same answer, and one connection", async () => {
    const { sent, accepted, hear } = ours()
    for (let times = 0; times < 3; times++) hear({})
    expect(new Set(sent.map(({ seq }) => seq)).size).toBe(1)
    expect(sent).toHaveLength(3)
    for (const seq of [101, 102])
      hear({ type: "data", connectionId: 501, seq, ack: sent[0]!.seq - 1, payload: Buffer.from("x") })
    expect(accepted).toHaveLength(1)
  })

  test("with the id of an open connection changes nothing", async () => {
    const { hear, accepted, sent, pass, answer } = await met()
    hear({ seq: 9_999 })
    await pass(0)
    expect(accepted).toHaveLength(1)
    hear({ type: "data", connectionId: 501, seq: 102, ack: answer.seq - 1, payload: Buffer.from("more") })
    await pass(0)
    expect(sent.at(-1)).toMatchObject({ type: "state", ack: 102 })
  })

  test("the same id from somebody else is another connection", async () => {
    const { hear, accepted, sent } = await met()
    const other = { host: "127.0.0.3", port: 6_881 }
    hear({}, other)
    hear(
      { type: "data", connectionId: 501, seq: 101, ack: sent.at(-1)!.seq - 1, payload: Buffer.from("x") },
      other,
    )
    expect(accepted.map(({ remote }) => remote)).toEqual(["127.0.0.2:6881", "127.0.0.3:6881"])
  })

  test("a flood displaces the oldest, and is counted", () => {
    const { connections, hear, sent, accepted } = ours()
    for (let id = 0; id < limits.utp.maxHalfOpen + 10; id++) hear({ connectionId: 2 * id })
    expect(connections.dropped).toBe(10)
    // One small answer each: nothing to amplify.
    expect(sent).toHaveLength(limits.utp.maxHalfOpen + 10)
    const last = sent.at(-1)!
    const first = sent[0]!
    for (const { connectionId, seq } of [first, last])
      hear({
        type: "data",
        connectionId: connectionId + 1,
        seq: 101,
        ack: seq - 1,
        payload: Buffer.from("x"),
      })
    expect(accepted).toHaveLength(1)
    expect(sent.at(-1)).toMatchObject({ type: "reset", connectionId: first.connectionId + 1 })
  })

  test("is forgotten when nothing follows, and not counted", async () => {
    const { connections, hear, pass } = ours()
    for (let id = 0; id < limits.utp.maxHalfOpen; id++) hear({ connectionId: 2 * id })
    await pass(limits.utp.halfOpenMs + 1)
    for (let id = 0; id < limits.utp.maxHalfOpen; id++) hear({ connectionId: 2 * id, seq: 7 })
    expect(connections.dropped).toBe(0)
  })

  test("no more connections than the limit", async () => {
    const { connections, hear, accepted, sent } = ours()
    for (let n = 0; n < limits.utp.maxConnections + 5; n++) {
      const from = { host: "127.0.0.4", port: 1_000 + n }
      hear({}, from)
      const answer = sent.at(-1)!
      if (answer.to.port !== from.port) continue
      hear({ type: "data", connectionId: 501, seq: 101, ack: answer.seq - 1, payload: Buffer.of(1) }, from)
    }
    expect(accepted).toHaveLength(limits.utp.maxConnections)
    expect(connections.dropped).toBe(5)
    const more = connections.connect({ ...stranger, signal: new AbortController().signal, timeoutMs: 10 })
    expect(await more).toMatchObject({ ok: false, failure: { code: "no-socket" } })
  })
})

describe("what belongs to no connection", () => {
  test.each(["data", "fin", "state"] as const)(
    "%s gets a RESET with numbers that its sender knows",
    (type) => {
      const { hear, sent } = ours()
      hear({ type, connectionId: 77, seq: 1_000, ack: 2_000 })
      const ack = type === "data" ? 1_000 : 999
      expect(sent).toMatchObject([{ type: "reset", connectionId: 77, seq: 1_999, ack, to: stranger }])
    },
  )

  test("only so many a second", async () => {
    const { hear, sent, pass } = ours()
    for (let n = 0; n < 500; n++) hear({ type: "data", connectionId: 77, seq: n })
    expect(sent).toHaveLength(limits.utp.resetsPerSecond)
    await pass(1_000)
    hear({ type: "data", connectionId: 77 })
    expect(sent).toHaveLength(limits.utp.resetsPerSecond + 1)
  })

  test("a RESET gets none, and what is no uTP nothing", () => {
    const { hear, sent, connections } = ours()
    hear({ type: "reset", connectionId: 77 })
    connections.receive(Buffer.from("d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"), stranger)
    expect(sent).toEqual([])
  })
})

describe("a RESET", () => {
  test.each([
    ["under the id we receive under", 501],
    ["under the id we send under: they don't know us", 500],
  ])("%s ends the connection", async (_, connectionId) => {
    const { connection, hear } = await met()
    hear({ type: "reset", connectionId })
    expect(await connection.ended).toEqual(failure("reset", "RESET"))
    expect(connection.stream.destroyed).toBe(true)
  })

  test("from another address does nothing", async () => {
    const { connection, hear, pass } = await met()
    hear({ type: "reset", connectionId: 501 }, { host: "127.0.0.9", port: 6_881 })
    await pass(0)
    expect(connection.stream.destroyed).toBe(false)
  })
})

describe("dialling", () => {
  const dialled = () => {
    const it = ours()
    const stop = new AbortController()
    const outcome = it.connections.connect({ ...stranger, signal: stop.signal, timeoutMs: 10_000 })
    return { ...it, stop, outcome, syn: it.sent[0]! }
  }

  test("silence: timeout, after as many SYNs as fit", async () => {
    const { outcome, pass, sent } = dialled()
    await pass(9_999)
    expect(sent.map(({ type }) => type)).toEqual(["syn", "syn", "syn", "syn"])
    await pass(20)
    expect(await outcome).toEqual({ ok: false, failure: failure("timeout") })
  })

  test("a RESET: refused", async () => {
    const { outcome, hear, syn } = dialled()
    hear({ type: "reset", connectionId: syn.connectionId })
    expect(await outcome).toEqual({ ok: false, failure: failure("refused", "RESET") })
  })

  test("the signal ends it", async () => {
    const { outcome, stop } = dialled()
    stop.abort()
    expect(await outcome).toEqual({ ok: false, failure: failure("aborted") })
  })

  test("so does the socket's end", async () => {
    const { outcome, connections } = dialled()
    connections.close()
    expect(await outcome).toMatchObject({ ok: false, failure: { code: "aborted" } })
  })

  test("the same partner twice: two connections", async () => {
    const { outcome, connections, sent, hear, syn } = dialled()
    const second = connections.connect({
      ...stranger,
      signal: new AbortController().signal,
      timeoutMs: 10_000,
    })
    const other = sent[1]!
    expect(Math.abs(other.connectionId - syn.connectionId)).toBeGreaterThan(1)
    hear({ type: "state", connectionId: other.connectionId, ack: other.seq, seq: 5 })
    hear({ type: "state", connectionId: syn.connectionId, ack: syn.seq, seq: 9 })
    expect(await second).toMatchObject({ ok: true })
    expect(await outcome).toMatchObject({ ok: true })
  })
})

describe("an open connection", () => {
  test("their FIN ends it: closed, with ours as the answer", async () => {
    const { connection, hear, pass, sent, answer } = await met()
    connection.stream.resume()
    hear({ type: "fin", connectionId: 501, seq: 102, ack: answer.seq - 1 })
    expect(await connection.ended).toEqual(failure("closed"))
    await pass(0)
    expect(sent.map(({ type }) => type)).toContain("fin")
  })

  test("what came before their FIN is read first", async () => {
    const { connection, hear, answer } = await met()
    hear({ type: "fin", connectionId: 501, seq: 103, ack: answer.seq - 1 })
    hear({ type: "data", connectionId: 501, seq: 102, ack: answer.seq - 1, payload: Buffer.from(" you") })
    const heard: Buffer[] = []
    for await (const bytes of connection.stream) heard.push(bytes)
    expect(Buffer.concat(heard).toString()).toBe("hello you")
    expect(await connection.ended).toEqual(failure("closed"))
  })

  test("closed by us: ends with that, says what was written, then FIN", async () => {
    const { connection, sent, pass } = await met()
    sent.length = 0
    connection.stream.write("bye")
    connection.close(failure("idle"))
    expect(await connection.ended).toEqual(failure("idle"))
    await pass(0)
    expect(sent.map(({ type, payload }) => `${type} ${Buffer.from(payload).toString()}`.trim())).toEqual([
      "data bye",
      "fin",
    ])
  })

  test("a partner that falls silent: timeout", async () => {
    const { connection, pass } = await met()
    connection.stream.write("anybody?")
    await pass(0)
    await pass(120_000)
    expect(await connection.ended).toEqual(failure("timeout"))
  })

  test("a slow reader: the window shuts, and opens again", async () => {
    const { connection, hear, pass, sent, answer } = await met()
    let bytes = 0
    for (let seq = 102; seq < 3_000; seq++) {
      const payload = Buffer.alloc(1_024, 1)
      hear({ type: "data", connectionId: 501, seq, ack: answer.seq - 1, payload })
      if (seq % 64 === 0) await pass(1)
    }
    await pass(1)
    expect(sent.at(-1)!.windowBytes).toBeLessThan(1_024)
    const kept = sent.at(-1)!.ack - 101
    // What the stream holds itself comes on top.
    expect(kept * 1_024).toBeLessThan(limits.utp.receiveBytes + 4 * 65_536)
    connection.stream.on("data", (chunk: Buffer) => (bytes += chunk.length))
    await pass(1)
    await pass(1)
    expect(bytes).toBe(5 + kept * 1_024)
    expect(sent.at(-1)!.windowBytes).toBe(limits.utp.receiveBytes)
  })

  test("closing the socket resets all", async () => {
    const { connection, connections, sent } = await met()
    connections.close()
    expect(sent.at(-1)).toMatchObject({ type: "reset", connectionId: 500 })
    expect(await connection.ended).toMatchObject({ code: "aborted" })
  })
})
