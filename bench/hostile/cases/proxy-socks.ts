/** SOCKS5 proxies (RFC 1928) that are none, or worse. */
import { createServer, type Socket } from "node:net"
import type { HostileCase, Outcome, Stage } from "../case.ts"
import { stageSwarm } from "../swarm.ts"

interface Proxy {
  readonly id: string
  readonly does: string
  readonly bound: string
  /** After the greeting was answered well, unless `atOnce`: then as soon as the connection is open. */
  readonly act: (socket: Socket, asked: Buffer) => void
  readonly atOnce?: boolean
  /** What it must end with: the error of a proxy that is none, or an audit that found nothing. */
  readonly expect: RegExp
}

const noAuth = Buffer.from([5, 0])
const granted = (address: readonly number[] = [1, 127, 0, 0, 1, 0x1f, 0x90]): Buffer =>
  Buffer.from([5, 0, 0, ...address])
const noSocks = /does not speak SOCKS5|no answer in time|closed the connection/
const isAssociate = (asked: Buffer): boolean => asked[1] === 3
const refusesUdp = Buffer.from([5, 7, 0, 1, 0, 0, 0, 0, 0, 0])

function pour(socket: Socket, bytes: Uint8Array): void {
  const more = () => {
    while (socket.writable && socket.write(bytes));
    if (socket.writable) socket.once("drain", more)
  }
  more()
}

const proxies: readonly Proxy[] = [
  {
    id: "proxy-silent",
    does: "takes the connection and says nothing",
    bound: "proxy.connectMs",
    atOnce: true,
    act: () => {},
    expect: noSocks,
  },
  {
    id: "proxy-garbage",
    does: "sends garbage for ever",
    bound: "two bytes of it are read",
    atOnce: true,
    act: (socket) => pour(socket, Buffer.alloc(65_536, 0x47)),
    expect: noSocks,
  },
  {
    id: "proxy-version",
    does: "answers as SOCKS4",
    bound: "RFC 1928",
    atOnce: true,
    act: (socket) => void socket.write(Buffer.from([4, 90, 0, 0, 0, 0, 0, 0])),
    expect: noSocks,
  },
  {
    id: "proxy-method",
    does: "wants a way to log in that nobody has",
    bound: "RFC 1928",
    atOnce: true,
    act: (socket) => void socket.write(Buffer.from([5, 0x80])),
    expect: /SOCKS5|login/,
  },
  {
    id: "proxy-half",
    does: "sends half an answer",
    bound: "proxy.connectMs",
    act: (socket) => void socket.write(Buffer.from([5, 0, 0, 3, 200, 0x61])),
    expect: noSocks,
  },
  {
    id: "proxy-long-name",
    does: "says it is bound to a name of 255 bytes, and floods",
    bound: "262 bytes of it are read",
    act: (socket) => pour(socket, Buffer.concat([granted([3, 255]), Buffer.alloc(65_000, 0x1b)])),
    expect: /nothing found|SOCKS5/,
  },
  {
    id: "proxy-empty-name",
    does: "says it is bound to a name of no bytes, port 0",
    bound: "RFC 1928",
    act: (socket) => void socket.write(granted([3, 0, 0, 0])),
    expect: /nothing found|SOCKS5/,
  },
  {
    id: "proxy-address-type",
    does: "gives an address of a kind that is none",
    bound: "RFC 1928",
    act: (socket) => void socket.write(granted([9, 1, 2, 3, 4, 5, 6])),
    expect: noSocks,
  },
  {
    id: "proxy-third-address",
    does: "names somebody else's private address as its UDP relay",
    bound: "datagrams go to the proxy's own address",
    act: (socket) => void socket.write(granted([1, 169, 254, 169, 254, 0, 53])),
    expect: /nothing found/,
  },
  {
    id: "proxy-mute",
    does: "refuses UDP, grants every connection, and says nothing on it",
    bound: "the deadlines of each connection",
    act: (socket, asked) => void socket.write(isAssociate(asked) ? refusesUdp : granted()),
    expect: /nothing found/,
  },
  {
    id: "proxy-flood",
    does: "grants every connection, and floods it",
    bound: "tracker.maxHeaderBytes, peer.maxMessageBytes",
    act(socket, asked) {
      socket.write(isAssociate(asked) ? refusesUdp : granted())
      if (!isAssociate(asked)) pour(socket, Buffer.alloc(65_536, 0x13))
    },
    expect: /nothing found/,
  },
  {
    id: "proxy-reset",
    does: "resets every connection after granting it",
    bound: "the answer counts as none",
    act: (socket, asked) =>
      void socket.write(isAssociate(asked) ? refusesUdp : granted(), () => socket.resetAndDestroy()),
    expect: /nothing found/,
  },
]

async function listen(stage: Stage, { act, atOnce = false }: Proxy): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
    socket.on("close", () => sockets.delete(socket))
    if (atOnce) act(socket, Buffer.alloc(0))
    let turn = 0
    socket.on("data", (data) => {
      turn++
      if (atOnce) return
      if (turn === 1) socket.write(noAuth)
      else if (turn === 2) act(socket, data)
    })
  })
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve))
  stage.defer(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const at = server.address()
  return at !== null && typeof at === "object" ? at.port : 0
}

function endOf({ snapshot, stderr, exitCode }: Outcome): string {
  const connected =
    snapshot?.peers?.filter(
      ({ stage }) => stage !== "sighted" && stage !== "dialled" && stage !== "connected",
    ) ?? []
  if (snapshot === null) return `exit ${exitCode}: ${stderr.replaceAll(/\s+/g, " ").slice(0, 150)}`
  return connected.length === 0 ? `exit ${exitCode}: nothing found` : `${connected.length} peers spoke`
}

export const proxySocksCases: readonly HostileCase[] = proxies.map((proxy) => ({
  id: proxy.id,
  stranger: "proxy",
  does: proxy.does,
  bound: proxy.bound,
  async stage(stage) {
    const swarm = await stageSwarm(stage)
    const port = await listen(stage, proxy)
    const staged = swarm.staged({
      args: ["--proxy", `socks5://127.0.0.1:${port}`],
      timeoutSeconds: 15,
      check: () => "",
    })
    return {
      ...staged,
      check(outcome) {
        const end = endOf(outcome)
        if (!proxy.expect.test(end)) throw new Error(end)
        return end
      },
    }
  },
}))
