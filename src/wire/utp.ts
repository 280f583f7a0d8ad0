/** uTP (BEP 29): streams over one UDP port per address family, as initiator and as receiver. */
import type { Family } from "../evidence.ts"
import { fail, failure, succeed, type Failure, type Outcome } from "../failure.ts"
import { limits } from "../limits.ts"
import { toEndpoint, type Connection, type Datagrams, type Network } from "../network.ts"
import { formatAddress, parseAddress } from "../torrent/address.ts"
import { createConnections } from "./utp/connections.ts"

export interface UtpSocket {
  /** The same for both families. */
  readonly port: number
  readonly families: readonly Family[]
  /** Connections of strangers that a limit of ours refused, so far. */
  readonly dropped: number
  /**
   * Resolves once the SYN was answered. `refused`: a reset said that nobody listens there. No ICMP is seen: a closed port
   * is a `timeout`.
   */
  connect(to: {
    host: string
    port: number
    signal: AbortSignal
    timeoutMs: number
  }): Promise<Outcome<Connection>>
  /** Ends what is open, with a reset, and frees the port. */
  close(): void
}

export interface UtpOptions {
  network: Pick<Network, "datagrams" | "now" | "after" | "randomBytes">
  families: readonly Family[]
  /** Null: any. */
  port: number | null
  /** A stranger's SYN, answered, and the answer proved to have arrived. */
  onConnection(connection: Connection): void
}

type Sockets = Partial<Record<Family, Datagrams>>

const familyOf = (host: string): Family => (host.includes(":") ? "ipv6" : "ipv4")
const anyHost: Record<Family, string> = { ipv4: "0.0.0.0", ipv6: "::" }

/** A family without a socket is left out; fails when none is left. */
export async function openUtp(options: UtpOptions): Promise<Outcome<UtpSocket>> {
  const { network } = options
  /** What is on its way out: closing a socket would drop it. */
  const leaving = new Set<Promise<unknown>>()
  let sockets: Sockets = {}

  const connections = createConnections({
    network,
    local: (host) => toEndpoint(anyHost[familyOf(host)], sockets[familyOf(host)]?.port ?? 0),
    send(packet, to) {
      const socket = sockets[familyOf(to.host)]
      if (socket === undefined) return Promise.resolve(fail("unreachable", "no socket of this family"))
      const sent = socket.send(packet, to)
      leaving.add(sent)
      void sent.then(() => leaving.delete(sent))
      return sent
    },
    onConnection: (connection) => options.onConnection(connection),
  })
  const bound = await bind(options, (data, from) => connections.receive(data, from))
  if (!bound.ok) return bound
  sockets = bound.value
  const [first] = Object.values(sockets)

  return succeed({
    port: first?.port ?? 0,
    families: options.families.filter((family) => sockets[family] !== undefined),
    get dropped() {
      return connections.dropped
    },
    connect(to) {
      const address = parseAddress(to.host)
      const host = address ? formatAddress(address) : to.host
      if (sockets[familyOf(host)]) return connections.connect({ ...to, host })
      return Promise.resolve(fail("unreachable", "no socket of this family"))
    },
    close() {
      connections.close()
      void Promise.all(leaving).then(() => closeAll(sockets))
    },
  })
}

function closeAll(sockets: Sockets): void {
  for (const socket of Object.values(sockets)) socket.close()
}

/** Any port that is asked for must be free in every family: another is tried where the second one's is taken. */
async function bind(
  { network, families, port }: UtpOptions,
  receive: (data: Uint8Array, from: { host: string; port: number }) => void,
): Promise<Outcome<Sockets>> {
  let why: Failure = failure("unreachable", "no family to open a socket of")
  for (let tries = 1; ; tries++) {
    const sockets: Sockets = {}
    let taken = false
    let chosen = port
    for (const family of families) {
      const { socketBytes: receiveBytes } = limits.utp
      const asked = chosen === null ? { receiveBytes } : { port: chosen, receiveBytes }
      const opened = await network.datagrams(family, receive, () => {}, asked)
      if (opened.ok) {
        sockets[family] = opened.value
        chosen = opened.value.port
      } else {
        why = opened.failure
        taken ||= port === null && chosen !== null && why.code === "no-socket"
      }
    }
    if (taken && tries < limits.utp.portTries) closeAll(sockets)
    else return Object.keys(sockets).length > 0 ? succeed(sockets) : { ok: false, failure: why }
  }
}
