/** A SOCKS5 proxy that answers what the bytes say, on a real socket of this machine: what speaks to it opens its own. */
import dgram from "node:dgram"
import { once } from "node:events"
import net from "node:net"
import { setTimeout as pause } from "node:timers/promises"
import { failure, InputError } from "../../../src/failure.ts"
import { openProxied, realNetwork, type Network } from "../../../src/network.ts"
import type { FuzzTarget } from "../target.ts"
import { nothingUncaught } from "./uncaught.ts"
import { claim } from "./audited.ts"
import { planOf, type Plan } from "./plan.ts"

/** What never comes is given up by then. */
const patienceMs = 400
const somewhere = { host: "10.9.9.9", port: 80 }

export const socksProxy: FuzzTarget = {
  name: "session-socks-proxy",
  group: "sessions",
  maxBytes: 512,
  *seeds() {
    yield Uint8Array.of(0)
    for (let odd = 1; odd < 16; odd++)
      yield Uint8Array.from([0, odd, 1, odd, 2, 3, 4, odd, 0, 0, odd, 9, odd, 1])
    yield Buffer.concat([
      Uint8Array.from([0, 0, 0, 0, 0, 0, 40]),
      Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ])
  },
  async run(bytes) {
    const plan = planOf(bytes)
    const relay = dgram.createSocket("udp4")
    relay.bind(0, "127.0.0.1")
    await once(relay, "listening")
    relay.on("message", (frame, from) => {
      const times = plan.upTo(3)
      for (let n = 0; n <= times; n++) {
        const reply = plan.flag()
          ? plan.take(plan.upTo(60))
          : Buffer.concat([frame, plan.take(plan.upTo(20))])
        relay.send(reply, from.port, from.address, () => {})
      }
    })
    const server = net.createServer((socket) => void serve(plan, socket, relay.address().port))
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const { port } = server.address() as net.AddressInfo
    try {
      await nothingUncaught(() => speakThrough(port, plan.flag()))
    } finally {
      relay.close()
      server.close()
      await once(server, "close")
    }
  },
}

/** RFC 1928: methods, perhaps a login, a command, and then whatever the plan has. */
async function serve(plan: Plan, socket: net.Socket, relayPort: number): Promise<void> {
  socket.on("error", () => {})
  const gone = AbortSignal.timeout(patienceMs)
  gone.addEventListener("abort", () => socket.destroy(), { once: true })
  const say = async (bytes: Uint8Array) => {
    const slow = plan.upTo(7) === 7
    for (let at = 0; at < bytes.length; at += slow ? 1 : bytes.length) {
      if (socket.writable) socket.write(bytes.subarray(at, at + (slow ? 1 : bytes.length)))
      if (slow) await pause(1)
    }
  }
  const hear = () => once(socket, "data", { signal: gone }).then(([data]) => data as Buffer)
  try {
    await hear()
    const odd = plan.byte()
    if (odd & 1) await say(plan.take(plan.upTo(20)))
    else {
      await say(Uint8Array.of(5, odd & 2 ? plan.byte() : 0))
      const command = await hear()
      await say(commandReply(plan, odd, command[1] === 3 ? relayPort : 80))
      if (command[1] === 1) {
        await say(plan.take(plan.byte()))
        socket.end()
      }
    }
  } catch {
    // It went, or nothing came.
  }
  if (plan.upTo(3) > 0) await pause(plan.upTo(20))
  if (!(plan.byte() & 1)) await pause(20)
  socket.end()
}

function commandReply(plan: Plan, odd: number, port: number): Uint8Array {
  const code = odd & 4 ? plan.upTo(12) : 0
  const end = [port >> 8, port & 255]
  const address = odd & 8 ? [plan.upTo(5), ...plan.take(plan.upTo(20))] : [1, 127, 0, 0, 1]
  const whole = Uint8Array.from([5, code, 0, ...address, ...end])
  return odd & 16 ? Buffer.concat([whole, plan.take(plan.upTo(30))]) : whole
}

async function speakThrough(port: number, byName: boolean): Promise<void> {
  const proxy = { host: "127.0.0.1", port, login: null }
  const options = { families: ["ipv4" as const] }
  const signal = AbortSignal.timeout(patienceMs)
  const opened = await openProxied(proxy, realNetwork(options), options, signal).catch((error: unknown) => {
    claim(error instanceof InputError, `openProxied threw ${String(error)}`)
    return null
  })
  if (opened === null) return
  const { network, off } = opened
  await Promise.all([
    connect(network, byName),
    fetch(network),
    off.includes("DHT") ? null : datagrams(network),
  ])
}

async function connect(network: Network, byName: boolean): Promise<void> {
  const signal = AbortSignal.timeout(patienceMs)
  const to = byName ? { ...somewhere, host: "peer.test" } : somewhere
  const made = await network.connect({ ...to, signal, timeoutMs: patienceMs })
  if (!made.ok) return
  const { stream, ended } = made.value
  stream.resume()
  await Promise.race([ended, pause(patienceMs)])
  made.value.close(failure("aborted"))
  await ended
}

async function fetch(network: Network): Promise<void> {
  const got = await network.http({
    url: new URL("http://tracker.test/"),
    address: { host: "tracker.test", family: "ipv4" },
    headers: {},
    maxBodyBytes: 1_000,
    maxHeaderBytes: 1_000,
    signal: AbortSignal.timeout(patienceMs),
  })
  claim(!got.ok || got.value.body.length <= 1_000, "more than we accept")
}

async function datagrams(network: Network): Promise<void> {
  const opened = await network.datagrams(
    "ipv4",
    (_data, { host }) => claim(net.isIP(host) !== 0 || host === "node.test", `from ${host}`),
    () => {},
  )
  if (!opened.ok) return
  await opened.value.send(Buffer.from("ping"), { host: "10.9.9.9", port: 6_881 })
  await opened.value.send(Buffer.from("ping"), { host: "node.test", port: 6_881 })
  await pause(5)
  opened.value.close()
}
