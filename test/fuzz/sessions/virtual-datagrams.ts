/** UDP in memory: our sockets, and whoever else has one. Nothing is lost, and all of it takes a millisecond. */
import { fail, failure, succeed } from "../../../src/failure.ts"
import { toEndpoint, type Network } from "../../../src/network.ts"
import type { Clock } from "./clock.ts"

export interface Place {
  host: string
  port: number
}

type OnDatagram = (data: Uint8Array, from: Place) => void
type OnAny = (data: Uint8Array, from: Place, at: Place) => void

const oneWayMs = 1
const badPort = fail("unknown", "ERR_SOCKET_BAD_PORT")

/** `onSent` is told of each host that a socket of `ourHost` sends to. */
export function createDatagrams(
  clock: Clock,
  ourHost: string,
  freshPort: () => number,
  onSent: (host: string) => void,
) {
  const sockets = new Map<string, OnDatagram>()
  const crowds = new Map<string, OnAny>()
  let own = 0

  function receiverAt(to: Place): OnDatagram | undefined {
    const socket = sockets.get(toEndpoint(to.host, to.port))
    if (socket) return socket
    const crowd = [...crowds].find(([prefix]) => to.host.startsWith(prefix))?.[1]
    return crowd && ((data, from) => crowd(data, from, to))
  }

  return {
    get own() {
      return own
    },
    get ourPorts() {
      const ours = [...sockets.keys()].filter((key) => key.startsWith(`${ourHost}:`))
      return ours.map((key) => Number(key.split(":")[1]))
    },
    openAt:
      (host: string): Network["datagrams"] =>
      (_family, onMessage, onError, { remote, port = freshPort() } = {}) => {
        const key = toEndpoint(host, port)
        if (sockets.has(key)) return Promise.resolve(fail("no-socket", "EADDRINUSE"))
        const isOurs = host === ourHost
        let open = true
        if (isOurs) own++
        sockets.set(key, (data, from) => {
          if (!remote || (from.host === remote.host && from.port === remote.port))
            onMessage(Buffer.from(data), from)
        })
        const refuse = () => void (open && onError(failure("refused")))
        return Promise.resolve(
          succeed({
            port,
            send(data, to) {
              if (!open) return Promise.resolve(fail("closed"))
              if (to.port < 1 || to.port > 65_535) return Promise.resolve(badPort)
              const copy = Buffer.from(data)
              if (isOurs) onSent(to.host)
              clock.after(oneWayMs, () => {
                const there = receiverAt(to)
                if (there) there(copy, { host, port })
                else if (remote) clock.after(oneWayMs, refuse)
              })
              return Promise.resolve(succeed(undefined))
            },
            close() {
              if (!open) return
              open = false
              if (isOurs) own--
              sockets.delete(key)
            },
          }),
        )
      },
    bind(at: Place, onDatagram: OnDatagram) {
      sockets.set(toEndpoint(at.host, at.port), onDatagram)
      return (data: Uint8Array, to: Place) => {
        const copy = Buffer.from(data)
        clock.after(oneWayMs, () => sockets.get(toEndpoint(to.host, to.port))?.(copy, at))
      }
    },
    bindHosts: (prefix: string, onDatagram: OnAny) => void crowds.set(prefix, onDatagram),
    tell: (data: Uint8Array, from: Place, port: number) =>
      sockets.get(toEndpoint(ourHost, port))?.(Buffer.from(data), from),
  }
}
