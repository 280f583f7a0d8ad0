/** A SOCKS5 server on loopback (RFC 1928, 1929) that does as a test says, and keeps what it was asked. */
import { createSocket, type Socket as UdpSocket } from "node:dgram"
import { once } from "node:events"
import net from "node:net"
import { onTestFinished } from "vitest"

export interface SocksScript {
  login?: { user: string; password: string }
  udp?: boolean
  /** In place of doing what it is asked: REP of its reply; "silent": none. */
  answer?: (asked: Asked) => number | "silent" | null
  /** In place of the method that it chooses, RFC 1928 §3. */
  hello?: Uint8Array | "silent"
  /** Addresses behind names. */
  names?: Record<string, string>
  /** What it sends in one segment with its reply to CONNECT. */
  glued?: Uint8Array
  /** BND.ADDR of an association; it listens on 127.0.0.1 all the same. */
  relayHost?: string
}

export interface Asked {
  command: "connect" | "associate"
  host: string
  port: number
}

export interface SocksServer {
  readonly port: number
  readonly asked: readonly Asked[]
  /** "host:port" of each datagram that it was to carry. */
  readonly carried: readonly string[]
  /** TCP connections open now. */
  readonly open: number
  /** Datagrams as if from `from`, to whoever associated last. */
  inject(from: { host: string; port: number }, data: Uint8Array, head?: readonly number[]): void
  /** Ends every connection and listens no more. */
  stop(): void
}

/** ATYP, address, port. */
function encodeAddress(host: string, port: number): Buffer {
  const at = Buffer.from([port >> 8, port & 255])
  if (net.isIPv4(host)) return Buffer.concat([Buffer.from([1, ...host.split(".").map(Number)]), at])
  const [head = "", tail = ""] = host.split("::")
  const groups = (text: string) => (text === "" ? [] : text.split(":"))
  const gap = Array<string>(8 - groups(head).length - groups(tail).length).fill("0")
  const bytes = [...groups(head), ...gap, ...groups(tail)].map((group) => group.padStart(4, "0")).join("")
  return Buffer.concat([Buffer.from([4]), Buffer.from(bytes, "hex"), at])
}

function decodeAddress(bytes: Buffer): { host: string; port: number; length: number } {
  const kind = bytes[0]
  const length = kind === 1 ? 4 : kind === 4 ? 16 : (bytes[1] ?? 0)
  const from = kind === 3 ? 2 : 1
  const raw = bytes.subarray(from, from + length)
  const host =
    kind === 1
      ? raw.join(".")
      : kind === 4
        ? new net.SocketAddress({ address: raw.toString("hex").match(/.{4}/g)!.join(":"), family: "ipv6" })
            .address
        : raw.toString("latin1")
  return { host, port: bytes.readUInt16BE(from + length), length: from + length + 2 }
}

export async function socksServer(script: SocksScript = {}): Promise<SocksServer> {
  const asked: Asked[] = []
  const carried: string[] = []
  const open = new Set<net.Socket>()
  const relays: { socket: UdpSocket; client: () => number | null }[] = []
  const located = (host: string) => script.names?.[host] ?? host

  async function associate(control: net.Socket): Promise<Buffer> {
    const socket = createSocket("udp4")
    let client: number | null = null
    socket.on("message", (data, from) => {
      if (client === null || from.port === client) {
        client = from.port
        const to = decodeAddress(data.subarray(3))
        carried.push(`${to.host}:${to.port}`)
        const host = located(to.host)
        if (net.isIPv4(host)) socket.send(data.subarray(3 + to.length), to.port, host)
      } else send(socket, client, { host: from.address, port: from.port }, data)
    })
    socket.bind(0, "127.0.0.1")
    await once(socket, "listening")
    control.on("close", () => socket.close())
    relays.push({ socket, client: () => client })
    return encodeAddress(script.relayHost ?? "127.0.0.1", socket.address().port)
  }

  function send(
    socket: UdpSocket,
    to: number,
    from: { host: string; port: number },
    data: Uint8Array,
    head = [0, 0, 0],
  ) {
    socket.send(
      Buffer.concat([Buffer.from(head), encodeAddress(from.host, from.port), data]),
      to,
      "127.0.0.1",
    )
  }

  async function serve(socket: net.Socket): Promise<void> {
    const read = reader(socket)
    const methods = await read(2).then((head) => read(head[1] ?? 0))
    if (script.hello === "silent") return
    if (script.hello) return void socket.write(script.hello)
    const method = script.login ? 2 : 0
    if (!methods.includes(method)) return void socket.end(Buffer.from([5, 255]))
    socket.write(Buffer.from([5, method]))
    if (script.login) {
      const text = async () => (await read((await read(1))[0] ?? 0)).toString()
      await read(1)
      const [user, password] = [await text(), await text()]
      const right = user === script.login.user && password === script.login.password
      socket.write(Buffer.from([1, right ? 0 : 1]))
      if (!right) return void socket.end()
    }
    const [, command, , kind, first = 0] = await read(5)
    const rest = await read((kind === 1 ? 3 : kind === 4 ? 15 : first) + 2)
    const { host, port } = decodeAddress(Buffer.concat([Buffer.from([kind ?? 0, first]), rest]))
    const request: Asked = { command: command === 3 ? "associate" : "connect", host, port }
    asked.push(request)
    const said = script.answer?.(request) ?? null
    const reply = (code: number, bound = encodeAddress("0.0.0.0", 0)) =>
      Buffer.concat([Buffer.from([5, code, 0]), bound])
    if (said === "silent") return
    if (said !== null) return void socket.end(reply(said))
    if (request.command === "associate")
      return void (script.udp ? socket.write(reply(0, await associate(socket))) : socket.end(reply(7)))
    const target = net.connect({ host: located(host), port })
    target.on("error", () => socket.end(reply(5)))
    socket.on("close", () => target.destroy())
    await once(target, "connect")
    open.add(target)
    target.on("close", () => open.delete(target))
    socket.write(Buffer.concat([reply(0), script.glued ?? Buffer.alloc(0)]))
    target.pipe(socket)
    socket.pipe(target)
  }

  const server = net.createServer((socket) => {
    open.add(socket)
    socket.on("close", () => open.delete(socket))
    socket.on("error", () => {})
    serve(socket).catch(() => socket.destroy())
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const stop = () => {
    server.close()
    for (const socket of open) socket.destroy()
  }
  onTestFinished(stop)
  const address = server.address()
  if (address === null || typeof address === "string") throw new TypeError("no port")
  return {
    port: address.port,
    asked,
    carried,
    get open() {
      return open.size
    },
    inject(from, data, head) {
      const relay = relays.at(-1)
      const client = relay?.client()
      if (!relay || client == null) throw new Error("nobody associated and sent")
      send(relay.socket, client, from, data, head && [...head])
    },
    stop,
  }
}

/** Exactly so many bytes at a time; what follows stays for the next reader. */
const reader = (socket: net.Socket) => async (count: number) => {
  if (count === 0) return Buffer.alloc(0)
  for (;;) {
    const bytes: unknown = socket.read(count)
    if (bytes instanceof Buffer) return bytes
    if (socket.readableEnded || socket.destroyed) throw new Error("ended")
    await once(socket, "readable")
  }
}
