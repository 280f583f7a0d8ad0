/** TCP: connections that we open, and those that others open to us. */
import net from "node:net"
import type { Endpoint, Family } from "../evidence.ts"
import { classify, fail, failure, succeed, type Failure, type Outcome } from "../failure.ts"
import type { Connection, Listener, Network } from "../network.ts"
import type { Binding } from "./binding.ts"
import { familyOf, toEndpoint } from "./endpoint.ts"

/** A way to somewhere that leads through somebody else: a stream on which nothing was said yet. */
export type Tunnel = (
  to: { host: string; port: number },
  signal: AbortSignal,
  timeoutMs: number,
) => Promise<Outcome<net.Socket>>

export const connectFrom =
  ({ barred, localAddress, clock }: Binding, tunnel: Tunnel | null = null): Network["connect"] =>
  ({ host, port, signal, timeoutMs }) => {
    const refusal = signal.aborted ? fail("aborted") : barred(familyOf(host))
    if (refusal) return Promise.resolve(refusal)
    if (tunnel)
      return tunnel({ host, port }, signal, timeoutMs).then((opened) =>
        opened.ok ? succeed(connectionOf(opened.value, toEndpoint(host, port))) : opened,
      )
    return new Promise((resolve) => {
      const socket = net.connect({ host, port, ...localAddress(familyOf(host)), autoSelectFamily: false })
      const settle = (outcome: Outcome<Connection>) => {
        cancel()
        signal.removeEventListener("abort", onAbort)
        // Only ours: Node's own listeners close the socket after the other side has.
        socket.off("connect", onConnect)
        socket.off("error", onError)
        if (!outcome.ok) {
          socket.on("error", () => {})
          socket.destroy()
        }
        resolve(outcome)
      }
      const onConnect = () => settle(succeed(connectionOf(socket, toEndpoint(host, port))))
      const onError = (error: Error) => settle({ ok: false, failure: classify(error) })
      const onAbort = () => settle(fail("aborted"))
      const cancel = clock.after(timeoutMs, () => settle(fail("timeout")))
      signal.addEventListener("abort", onAbort, { once: true })
      socket.once("connect", onConnect)
      socket.once("error", onError)
    })
  }

export const listenOn =
  ({ bind, families, isBound }: Binding): Network["listen"] =>
  async (port, onConnection) => {
    const wanted = isBound ? families.filter((family) => bind[family]) : families
    const hosts =
      !isBound && wanted.length > 1 ? [null] : wanted.map((family) => bind[family] || anyHost[family])
    const listeners: Listener[] = []
    const close = () => {
      for (const listener of listeners) listener.close()
    }
    for (const host of hosts) {
      const listening = await listenAt(host, listeners[0]?.port ?? port, onConnection)
      if (listening.ok) listeners.push(listening.value)
      else {
        close()
        return listening
      }
    }
    const [first] = listeners
    return first ? succeed({ port: first.port, close }) : fail("unreachable", "no family to listen on")
  }

const anyHost: Record<Family, string> = { ipv4: "0.0.0.0", ipv6: "::" }

/** `host` null: both families, or IPv4 alone where the machine has no IPv6. */
function listenAt(
  host: string | null,
  port: number,
  onConnection: (connection: Connection) => void,
): Promise<Outcome<Listener>> {
  return new Promise((resolve) => {
    const server = net.createServer((socket) => onConnection(connectionOf(socket)))
    let both = host === null
    server.on("error", (error) => {
      if (both && "code" in error && error.code === "EAFNOSUPPORT") {
        both = false
        server.listen({ host: anyHost.ipv4, port })
      } else resolve({ ok: false, failure: classify(error) })
    })
    server.once("listening", () => {
      const bound = server.address()
      resolve(
        succeed({
          port: bound !== null && typeof bound === "object" ? bound.port : port,
          close: () => void server.close(),
        }),
      )
    })
    server.listen({ host: host ?? anyHost.ipv6, port, ipv6Only: host !== null && net.isIPv6(host) })
  })
}

const unmapped = (host: string): string =>
  host.startsWith("::ffff:") && host.includes(".") ? host.slice(7) : host

/** `remote`: where we dialled, or where a tunnel ends. */
function connectionOf(socket: net.Socket, remote: Endpoint | null = null): Connection {
  const { promise: ended, resolve } = Promise.withResolvers<Failure>()
  let cause: Failure | null = null
  socket.on("error", (error) => {
    cause ??= classify(error)
  })
  socket.on("end", () => {
    cause ??= failure("closed")
  })
  socket.on("close", () => resolve(cause ?? failure("closed")))
  socket.setNoDelay(true)
  return {
    transport: "tcp",
    encryption: "none",
    stream: socket,
    remote: remote ?? toEndpoint(unmapped(socket.remoteAddress ?? ""), socket.remotePort ?? 0),
    // Asking the system takes longer than all the rest, and hardly anybody wants to know.
    get local() {
      return toEndpoint(unmapped(socket.localAddress ?? ""), socket.localPort ?? 0)
    },
    ended,
    close(why) {
      cause ??= why
      socket.destroy()
    },
  }
}
