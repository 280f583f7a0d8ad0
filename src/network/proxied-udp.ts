/**
 * Datagrams by SOCKS5 UDP ASSOCIATE (RFC 1928 §7): an association per socket, as long as its TCP connection lasts. They go to the
 * proxy's own address whatever address it names for its relay, so that nothing leaves to anywhere else.
 */
import net from "node:net"
import type { Family } from "../evidence.ts"
import { fail, failure, succeed, type Failure, type Outcome } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Network } from "../network.ts"
import type { Binding } from "./binding.ts"
import { familyOf, toEndpoint } from "./endpoint.ts"
import type { Frame, Granted, SocksRequest } from "./socks.ts"
import { datagramsFrom } from "./udp.ts"

type Ask = (
  request: Pick<SocksRequest, "command" | "to" | "signal" | "timeoutMs">,
) => Promise<Outcome<Granted>>

interface Framing {
  encode(frame: Frame): Uint8Array
  decode(bytes: Uint8Array): Frame | null
}

export const datagramsThrough =
  (ask: Ask, binding: Binding, framing: Framing, now: () => number): Network["datagrams"] =>
  async (family, onMessage, onError, { remote, receiveBytes } = {}) => {
    const granted = await ask({
      command: "associate",
      to: { host: "0.0.0.0", port: 0 },
      signal: new AbortController().signal,
      timeoutMs: limits.proxy.connectMs,
    })
    if (!granted.ok) return granted
    const { socket: control, bound } = granted.value
    const relay = { host: control.remoteAddress ?? "", port: bound.port }
    if (!net.isIP(relay.host) || relay.port === 0) {
      control.destroy()
      return fail("proxy", "it names no port for UDP")
    }
    const whom = partners(family, remote ?? null, now)
    const onFrame = (bytes: Uint8Array) => {
      const frame = framing.decode(bytes)
      if (frame === null || !net.isIP(frame.host) || familyOf(frame.host) !== family) return
      for (const host of whom.named(frame)) onMessage(frame.data, { host, port: frame.port })
    }
    // Whatever the system says of that socket is about the relay.
    const onRelayError = ({ code }: Failure) => onError(failure("proxy", `its UDP relay: ${code}`))
    const opened = await datagramsFrom(binding)(familyOf(relay.host), onFrame, onRelayError, {
      remote: relay,
      ...(receiveBytes !== undefined && { receiveBytes }),
    })
    if (!opened.ok) {
      control.destroy()
      return opened
    }
    const local = opened.value
    let open = true
    const close = () => {
      if (!open) return
      open = false
      local.close()
      control.destroy()
    }
    control.on("error", () => {})
    control.on("close", () => {
      if (!open) return
      close()
      onError(failure("proxy", "it ended the UDP association"))
    })
    // It has nothing more to say, and its end would else not be seen.
    control.resume()
    return succeed({
      port: local.port,
      async send(data, to) {
        if (!open) return fail("closed")
        if (to.port < 1 || to.port > 65_535) return fail("unknown", "not a port")
        whom.add(to)
        const sent = await local.send(framing.encode({ ...to, data }), relay)
        return sent.ok ? sent : fail("proxy", `its UDP relay: ${sent.failure.code}`)
      },
      close,
    })
  }

/** More than a run asks by name, and how long one of them may take to answer. */
const maxNames = 64
const nameMs = 20_000
const maxAddresses = 8_192

/**
 * Whom we sent something, and by which name: an answer comes from an address, of which nobody tells us that it is the name's. So
 * it is passed on as that of every name of its port that was asked lately; its reader tells by the transaction whose it is.
 */
function partners(family: Family, only: { host: string; port: number } | null, now: () => number) {
  const names = new Map<string, { host: string; port: number; untilMs: number }>()
  const addresses = new Set<string>()
  return {
    add(to: { host: string; port: number }) {
      const key = toEndpoint(to.host, to.port)
      if (!net.isIP(to.host)) {
        if (names.has(key) || names.size < maxNames) names.set(key, { ...to, untilMs: now() + nameMs })
        return
      }
      if (familyOf(to.host) !== family) return
      // Oldest first.
      addresses.delete(key)
      addresses.add(key)
      for (const oldest of addresses) {
        if (addresses.size <= maxAddresses) break
        addresses.delete(oldest)
      }
    },
    /** As the hosts that it may be from. */
    named({ host, port }: Frame): string[] {
      if (only !== null) {
        if (only.port !== port) return []
        return net.isIP(only.host) && only.host !== host ? [] : [only.host]
      }
      const asked = [...names.values()].filter((name) => name.port === port && now() < name.untilMs)
      const byName = asked.map((name) => name.host)
      return byName.length === 0 || addresses.has(toEndpoint(host, port)) ? [host, ...byName] : byName
    },
  }
}
