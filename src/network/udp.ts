/** UDP: a socket for anyone, for one partner alone, or in a multicast group. */
import dgram from "node:dgram"
import { networkInterfaces } from "node:os"
import type { Family } from "../evidence.ts"
import { classify, fail, failure, succeed, type Outcome } from "../failure.ts"
import type { Datagrams, Multicast, Network } from "../network.ts"
import type { Binding } from "./binding.ts"

export const datagramsFrom =
  ({ bind, barred }: Binding): Network["datagrams"] =>
  (family, onMessage, onError, { remote, port = 0, receiveBytes } = {}) => {
    const refusal = barred(family)
    if (refusal) return Promise.resolve(refusal)
    return new Promise((resolve) => {
      const socket = dgram.createSocket({
        type: family === "ipv4" ? "udp4" : "udp6",
        ipv6Only: family === "ipv6",
      })
      let open = true
      const close = () => {
        if (open) socket.close()
        open = false
      }
      const onFailure = (error: Error) => {
        close()
        resolve({ ok: false, failure: classify(error) })
      }
      const onReady = () => {
        if (receiveBytes !== undefined) makeRoom(socket, receiveBytes)
        socket.removeListener("error", onFailure)
        socket.on("error", (error) => onError(classify(error)))
        resolve(succeed({ port: socket.address().port, send, close }))
      }
      const send: Datagrams["send"] = (data, to) =>
        new Promise((sent) => {
          const done = (error: Error | null) =>
            sent(error ? { ok: false, failure: classify(error) } : succeed(undefined))
          // Node throws for a closed socket and for port 0, and refuses a destination on a connected socket.
          try {
            if (remote) socket.send(data, done)
            else socket.send(data, to.port, to.host, done)
          } catch (error) {
            sent({ ok: false, failure: open ? classify(error) : failure("closed") })
          }
        })
      socket.once("error", onFailure)
      socket.on("message", (data, from) => onMessage(data, { host: from.address, port: from.port }))
      socket.bind({ port, ...(bind[family] ? { address: bind[family] } : {}) }, () => {
        if (!remote) return onReady()
        try {
          // Without a host name to look up, only a route can be missing.
          socket.connect(remote.port, remote.host, (error?: Error) => (error ? onFailure(error) : onReady()))
        } catch (error) {
          onFailure(error instanceof Error ? error : new Error(String(error)))
        }
      })
    })
  }

/** As much of it as the system allows. */
function makeRoom(socket: dgram.Socket, bytes: number): void {
  try {
    socket.setRecvBufferSize(bytes)
  } catch {
    // Linux gives what it may; others refuse too much, and leave what there was.
  }
}

export const multicastFrom =
  ({ bind, barred }: Binding): Network["multicast"] =>
  (family, group, onMessage, onError) => {
    const refusal = barred(family)
    if (refusal) return Promise.resolve(refusal)
    return new Promise((resolve) => {
      const socket = dgram.createSocket({
        type: family === "ipv4" ? "udp4" : "udp6",
        ipv6Only: family === "ipv6",
        // Every BitTorrent client of this machine listens on the same port.
        reuseAddr: true,
      })
      let open = true
      let last: Promise<unknown> = Promise.resolve()
      const close = () => {
        if (open) socket.close()
        open = false
      }
      const onFailure = (error: Error) => {
        close()
        resolve({ ok: false, failure: classify(error) })
      }
      const sendFrom = (data: Uint8Array, ours: string) =>
        new Promise<Error | null>((sent) => {
          try {
            socket.setMulticastInterface(ours)
            socket.send(data, group.port, group.host, sent)
          } catch (error) {
            sent(error instanceof Error ? error : new Error(String(error)))
          }
        })
      const joined: string[] = []
      const send = async (data: Uint8Array): Promise<Outcome<number>> => {
        let why: Error | null = null
        let left = 0
        for (const ours of joined) {
          const error = open ? await sendFrom(data, ours) : null
          if (error) why ??= error
          else if (open) left++
        }
        if (left > 0) return succeed(left)
        return why ? { ok: false, failure: classify(why) } : fail("closed")
      }
      const multicast: Multicast = {
        // One at a time: the interface is the socket's, not the datagram's.
        send: (data) => {
          const sending = last.then(() => send(data))
          last = sending
          return sending
        },
        close,
      }
      socket.once("error", onFailure)
      socket.on("message", (data, from) => onMessage(data, { host: from.address, port: from.port }))
      socket.bind({ port: group.port, exclusive: false }, () => {
        let why: Error | null = null
        for (const ours of multicastInterfaces(family, bind[family])) {
          try {
            socket.addMembership(group.host, ours)
            joined.push(ours)
          } catch (error) {
            why = error instanceof Error ? error : new Error(String(error))
          }
        }
        if (joined.length === 0) return onFailure(why ?? new Error("no interface of this family"))
        // Other programs of this machine are members too. The TTL stays 1: the local network ends at its router.
        socket.setMulticastLoopback(true)
        socket.removeListener("error", onFailure)
        socket.on("error", (error) => onError(classify(error)))
        resolve(succeed(multicast))
      })
    })
  }

/** As Node wants them: an IPv4 address of each interface, or `::%name`. `bound` leaves the one that has it. */
function multicastInterfaces(family: Family, bound: string | undefined): string[] {
  const found = Object.entries(networkInterfaces()).flatMap(([name, addresses]) => {
    const ours = (addresses ?? []).filter(
      (address) => (address.family === "IPv6" ? "ipv6" : "ipv4") === family,
    )
    const [first] = bound === undefined ? ours : ours.filter(({ address }) => address === bound)
    if (!first) return []
    return [family === "ipv4" ? first.address : `::%${name}`]
  })
  return [...new Set(found)]
}
