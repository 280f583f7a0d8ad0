/** What servers may make us hold, and read beside what we want. */
import { createServer, type AddressInfo, type Socket } from "node:net"
import { afterEach, expect, test } from "vitest"
import { withDeadline } from "../../src/discovery/deadline.ts"
import { waitedForOthers } from "../../src/evidence/words.ts"
import { fail } from "../../src/failure.ts"
import { limits } from "../../src/limits.ts"
import { bindingOf } from "../../src/network/binding.ts"
import { createClock } from "../../src/network/clock.ts"
import { httpFrom } from "../../src/network/http.ts"
import { createLongBodies, surplusOf } from "../../src/network/http-body.ts"
import { realNetwork, type HttpRequest } from "../../src/network.ts"

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

const never = new AbortController().signal

/** Answers each request on its socket; the port. */
async function server(answer: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const listening = createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
    socket.once("data", () => answer(socket))
  })
  await new Promise<void>((resolve) => listening.listen({ host: "127.0.0.1", port: 0 }, resolve))
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    listening.close()
  })
  return (listening.address() as AddressInfo).port
}

/** As fast as it is read. */
function pour(socket: Socket, text: string): void {
  const more = () => {
    while (socket.writable && socket.write(text));
    if (socket.writable) socket.once("drain", more)
  }
  more()
}

const request = (port: number, options: Partial<HttpRequest> = {}): HttpRequest => ({
  url: new URL(`http://127.0.0.1:${port}/`),
  address: { host: "127.0.0.1", family: "ipv4" },
  headers: {},
  maxBodyBytes: limits.tracker.maxBodyBytes,
  maxHeaderBytes: limits.tracker.maxHeaderBytes,
  signal: AbortSignal.timeout(20_000),
  ...options,
})

const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
const around: [string, (socket: Socket) => void][] = [
  ["100 Continue", (socket) => pour(socket, "HTTP/1.1 100 Continue\r\n\r\n".repeat(500))],
  ["103 with headers", (socket) => pour(socket, `HTTP/1.1 103 Hints\r\nLink: ${"x".repeat(9_000)}\r\n\r\n`)],
  [
    "chunk extensions",
    (socket) => {
      socket.write(chunked)
      pour(socket, `1;${"e".repeat(9_000)}\r\nx\r\n`)
    },
  ],
]

test.each(around)("without end: %s", async (_, answer) => {
  const got = await realNetwork().http(request(await server(answer)))
  expect(got).toMatchObject({ ok: false, failure: { code: "too-large" } })
})

test.each(around)(
  "without end, to somebody who takes a body of any length as it comes: %s",
  async (_, answer) => {
    const port = await server(answer)
    const onBody = () => Promise.resolve(true)
    const got = await realNetwork().http(request(port, { maxBodyBytes: Number.MAX_SAFE_INTEGER, onBody }))
    expect(got).toMatchObject({ ok: false, failure: { code: "too-large" } })
  },
)

test("chunks of a few bytes are an honest server's way, too", async () => {
  const port = await server((socket) => socket.end(`${chunked}${"5\r\nhello\r\n".repeat(10_000)}0\r\n\r\n`))
  const got = await realNetwork().http(request(port))
  expect(got.ok && got.value.body.length).toBe(50_000)
})

test("what may come around a body grows with it", () => {
  const { slackBytes, frameFactor } = limits.http
  expect(surplusOf(slackBytes + 10, 0, 10)).toBeNull()
  expect(surplusOf(slackBytes + 11, 0, 10)).toMatchObject({ failure: { code: "too-large" } })
  expect(surplusOf(slackBytes + 10 + frameFactor * 1_000, 1_000, 10)).toBeNull()
})

const longBytes = 200_000
test.each([
  ["that say their length", `HTTP/1.1 200 OK\r\nContent-Length: ${longBytes}\r\n\r\n`, "x"],
  ["in chunks", `${chunked}${longBytes.toString(16)}\r\n`, "x\r\n0\r\n\r\n"],
])("long bodies %s come so many at a time, and each of them whole", async (_, head, end) => {
  const held: Socket[] = []
  const port = await server((socket) => {
    // All but the end: whoever has a turn keeps it.
    socket.write(head + "x".repeat(longBytes - 1))
    held.push(socket)
  })
  const short = await server((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))
  const { longBodies } = limits.http
  // No turn is over by itself.
  const http = httpFrom({ ...bindingOf({}), clock: { ...createClock(), after: () => () => {} } })
  const done: number[] = []
  const all: ReturnType<typeof http>[] = []
  for (let n = 0; n < longBodies + 4; n++) {
    all.push(http(request(port)).finally(() => done.push(n)))
    await expect.poll(() => held.length).toBe(n + 1)
  }
  for (const socket of held.slice(longBodies)) socket.end(end)
  // A short one waits for nobody.
  for (let times = 0; times < 5; times++) expect(await http(request(short))).toMatchObject({ ok: true })
  expect(done).toEqual([])
  for (const socket of held.slice(0, longBodies)) socket.end(end)
  const got = await Promise.all(all)
  expect(got.map((one) => one.ok && one.value.body.length)).toEqual(all.map(() => longBytes))
})

test("who waits for its turn until its time is over is told from who is silent", async () => {
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${longBytes}\r\n\r\n`
  const port = await server((socket) => void socket.write(head))
  const silent = await server(() => {})
  const http = httpFrom({ ...bindingOf({}), clock: { ...createClock(), after: () => () => {} } })
  for (let n = 0; n < limits.http.longBodies; n++) void http(request(port))
  const inTime = (at: number) =>
    withDeadline(realNetwork(), 500, never, (signal) => http({ ...request(at), signal }))
  expect(await inTime(port)).toEqual(fail("timeout", waitedForOthers))
  expect(await inTime(silent)).toEqual(fail("timeout"))
})

test("a turn goes to who waits longest, and to nobody who left", async () => {
  const turns = createLongBodies(createClock(), 1)
  const end = await turns.take(never)
  const left = new AbortController()
  const taken: string[] = []
  const leaver = turns.take(left.signal).then((end) => (taken.push("left"), end()))
  const first = turns.take(never).then((end) => (taken.push("first"), end()))
  const second = turns.take(never).then((end) => (taken.push("second"), end()))
  left.abort()
  await leaver
  expect(taken).toEqual(["left"])
  end()
  await Promise.all([first, second])
  expect(taken).toEqual(["left", "first", "second"])
  ;(await turns.take(never))()
})

test("who takes longer than a turn keeps nobody waiting, and gives its place back only once", async () => {
  let nowMs = 0
  const due: { atMs: number; ring: () => void }[] = []
  const after = (ms: number, ring: () => void) => {
    const timer = { atMs: nowMs + ms, ring }
    due.push(timer)
    return () => void due.splice(due.indexOf(timer), 1)
  }
  const turns = createLongBodies({ after }, 1)
  const end = await turns.take(never)
  const next = turns.take(never)
  nowMs = limits.http.turnMs
  for (const timer of due.splice(0)) timer.ring()
  const endNext = await next
  end()
  let isTaken = false
  const third = turns.take(never).then((endThird) => {
    isTaken = true
    return endThird
  })
  await Promise.resolve()
  expect(isTaken).toBe(false)
  endNext()
  ;(await third)()
})
