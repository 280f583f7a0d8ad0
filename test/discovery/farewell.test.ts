/** `stopped` goes wherever we may be counted, and never longer than we are given. */
import { createServer, type AddressInfo } from "node:net"
import { expect, test } from "vitest"
import { realNetwork, type Network } from "../../src/network.ts"
import { announceReply, connectReply, hostileUdp, type UdpRequest } from "./hostile-udp.ts"
import { ask, impatient, question, start } from "./question.ts"
import {
  announceOf,
  answering,
  asked,
  closing,
  endWithTest,
  hanging,
  listing,
  tracker,
} from "./tracker-server.ts"

const answer = listing(["10.0.0.1:6881"])

test("a tracker that answers too late, or closes without a word, may count us and is left", async () => {
  const late = await tracker((request, response) => {
    if (request.url?.includes("event=stopped")) response.end(answer)
  })
  const wordless = await tracker((request, response, path) => {
    if (request.url?.includes("event=stopped")) response.end(answer)
    else closing(request, response, path)
  })
  const timing = { ...impatient, stoppedMs: 5_000 }
  const running = await ask(question([[announceOf(late), announceOf(wordless)]], { timing }))
  expect([asked(late), asked(wordless)]).toEqual([
    ["started", "stopped"],
    ["started", "stopped"],
  ])
  expect(running.source.trackers.map(({ announces }) => announces.map(({ ok }) => ok))).toEqual([
    [false, true],
    [false, true],
  ])
})

test("a try that nobody answered counts, even if the next one is refused", async () => {
  let announces = 0
  const server = await tracker((request, response, path) => {
    if (++announces === 1) closing(request, response, path)
    else response.end("d14:failure reason10:too oftene")
  })
  await ask(question([[announceOf(server)]], { timing: { ...impatient, httpPausesMs: [1] } }))
  expect(asked(server)).toEqual(["started", "started", "scrape", "stopped"])
})

test("who refused, by a reason or by HTTP, and where nobody listens, is not told", async () => {
  const refusing = await tracker((_, response) => response.end("d14:failure reason2:noe"))
  const missing = await tracker((_, response) => response.writeHead(404).end())
  const free = createServer()
  await new Promise<void>((resolve) => free.listen({ host: "127.0.0.1", port: 0 }, resolve))
  const { port } = free.address() as AddressInfo
  await new Promise((resolve) => free.close(resolve))
  const nobody = `http://127.0.0.1:${port}/announce`
  const running = await ask(question([[announceOf(refusing), announceOf(missing), nobody]]))
  expect(running.source.trackers.map(({ announces }) => announces.map(({ event }) => event))).toEqual([
    ["started"],
    ["started"],
    ["started"],
  ])
})

/** BEP 15: 0 none, 2 started, 3 stopped. */
const events = (requests: readonly UdpRequest[]) =>
  requests.map(({ action, data }) =>
    action === 1 ? `announce ${data.readUInt32BE(80)}` : `action ${action}`,
  )

test("UDP: `stopped` once the announce left, although nothing came back", async () => {
  const udp = endWithTest(
    await hostileUdp((request, self) => {
      if (request.action === 0) self.send(connectReply(request), request.from)
      else if (request.data.readUInt32BE(80) === 3) self.send(announceReply(request), request.from)
    }),
  )
  const running = await ask(question([[udp.url]], { timing: { ...impatient, stoppedMs: 5_000 } }))
  expect(events(udp.requests)).toEqual(["action 0", "announce 2", "announce 3"])
  expect(running.source.trackers[0]?.announces).toMatchObject([
    { failure: { code: "timeout" } },
    { event: "stopped", ok: true },
  ])
})

test("UDP: an announce that never left needs no `stopped`", async () => {
  const udp = endWithTest(await hostileUdp(() => {}))
  await ask(question([[udp.url]], { timing: impatient }))
  expect(events(udp.requests)).toEqual(["action 0"])
})

/** Counts what would keep the process alive. */
function counting(): { network: Network; open: () => number } {
  const real = realNetwork()
  let open = 0
  const counted = async <T>(work: Promise<T>): Promise<T> => {
    open++
    try {
      return await work
    } finally {
      open--
    }
  }
  const network: Network = {
    ...real,
    sleep: (ms, signal) => counted(real.sleep(ms, signal)),
    http: (request) => counted(real.http(request)),
    resolve: (name, signal) => counted(real.resolve(name, signal)),
    async datagrams(...options) {
      const opened = await real.datagrams(...options)
      if (!opened.ok) return opened
      open++
      const close = () => {
        open--
        opened.value.close()
      }
      return { ok: true, value: { ...opened.value, close } }
    },
  }
  return { network, open: () => open }
}

test.each([false, true])(
  "the farewell ends with its signal and leaves nothing open (private: %s)",
  async (isPrivate) => {
    const http = await tracker((request, response, path) => {
      const silent = request.url?.includes("event=stopped")
      if (silent) hanging(request, response, path)
      else answering(answer)(request, response, path)
    })
    const neverAnswering = await tracker(hanging)
    const udp = endWithTest(
      await hostileUdp((request, self) => {
        if (request.action === 0) self.send(connectReply(request), request.from)
        else if (request.action === 1 && request.data.readUInt32BE(80) !== 3)
          self.send(announceReply(request), request.from)
      }),
    )
    const { network, open } = counting()
    const timing = {
      ...impatient,
      httpTotalMs: 600_000,
      stoppedMs: 600_000,
      udp: { ...impatient.udp, totalMs: 600_000 },
    }
    const tiers = [[announceOf(http)], [udp.url], [announceOf(neverAnswering)]]
    const running = start(question(tiers, { network, timing, private: isPrivate }))
    const wanted = isPrivate ? 1 : 2
    const answered = () => running.source.trackers.filter(({ announces }) => announces[0]?.ok).length
    const never = new AbortController().signal
    while (answered() < wanted) await realNetwork().sleep(5, never)
    await running.stop()
    await running.source.farewell(AbortSignal.timeout(100))
    expect(open()).toBe(0)
    const stopped = running.source.trackers.flatMap(({ announces }) =>
      announces.filter(({ event }) => event === "stopped").map(({ failure }) => failure?.code),
    )
    expect(stopped).toEqual(isPrivate ? ["aborted"] : ["aborted", "aborted", "aborted"])
  },
)

test("a farewell whose time is over asks nobody", async () => {
  const server = await tracker(answering(answer))
  const { network, open } = counting()
  const running = start(question([[announceOf(server)]], { network }))
  await running.source.settled
  await running.stop()
  await running.source.farewell(AbortSignal.abort())
  expect(asked(server)).toEqual(["started", "scrape"])
  expect(open()).toBe(0)
})
