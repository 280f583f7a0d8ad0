/** UDP: a socket for anyone, or for one partner alone. */
import dgram from "node:dgram"
import { classify, failure, succeed } from "../failure.ts"
import type { Datagrams, Network } from "../network.ts"
import type { Binding } from "./binding.ts"

export const datagramsFrom =
  ({ bind, barred }: Binding): Network["datagrams"] =>
  (family, onMessage, onError, remote) => {
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
      socket.bind({ port: 0, ...(bind[family] ? { address: bind[family] } : {}) }, () => {
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
