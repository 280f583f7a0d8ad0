/**
 * The Network by way of a SOCKS5 proxy: TCP by CONNECT, datagrams by UDP ASSOCIATE where the proxy has it, and names as they
 * are, since only the proxy may look them up. Nothing else leaves: what can't go through it fails with `unsupported`.
 */
import net from "node:net"
import type { Family } from "../evidence.ts"
import { fail, InputError, succeed, type Failure, type Outcome } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Address, Network, NetworkOptions } from "../network.ts"
import { bindingOf } from "./binding.ts"
import { familyOf } from "./endpoint.ts"
import { httpFrom } from "./http.ts"
import { resolve } from "./names.ts"
import { datagramsThrough } from "./proxied-udp.ts"
import type { Proxy } from "./proxy-address.ts"
import { askProxy, framing, loginRefused, loginWanted, type Granted, type SocksRequest } from "./socks.ts"
import { connectFrom, type Tunnel } from "./tcp.ts"
import { webSocketFrom } from "./websocket.ts"

export interface ProxiedNetwork {
  network: Network
  /** What it can't carry, so that it isn't tried: for the record and for people. */
  off: readonly ProxyOff[]
}

export type ProxyOff = "incoming connections" | "LSD" | "DHT" | "UDP trackers" | "uTP"

/** No proxy carries these; DHT, UDP trackers and uTP only one that has UDP ASSOCIATE. */
const alwaysOff: readonly ProxyOff[] = ["incoming connections", "LSD"]
const offWithoutUdp: readonly ProxyOff[] = ["DHT", "UDP trackers", "uTP"]

/**
 * Logs in and asks for UDP, before anything else is sent. The proxy's own name is the one name looked up here. Throws InputError
 * `proxy`: it is down, is no SOCKS5 proxy, or refuses us.
 */
export async function openProxied(
  proxy: Proxy,
  direct: Network,
  options: NetworkOptions,
  signal: AbortSignal,
): Promise<ProxiedNetwork> {
  const { connectMs } = limits.proxy
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(connectMs)])
  const binding = bindingOf(options)
  const found = await resolve(proxy.host, deadline)
  if (!found.ok)
    throw unusable(
      proxy,
      found.failure.code === "aborted" ? "its name was not found in time" : "its name was not found",
    )
  const reachable = found.value.filter(({ family }) => binding.barred(family) === null)
  let why: Failure | null = null
  for (const { host, family } of reachable) {
    const at = { host, port: proxy.port, ...binding.localAddress(family) }
    const ask = (request: Pick<SocksRequest, "command" | "to" | "signal" | "timeoutMs">) =>
      askProxy({ at, login: proxy.login, ...request })
    const probe = await ask({ command: "associate", to: anyone, signal: deadline, timeoutMs: connectMs })
    if (probe.ok) probe.value.socket.destroy()
    // The command itself was answered: all before it went well.
    const works = probe.ok || probe.failure.code !== "proxy" || isRuling(probe.failure)
    if (works && !deadline.aborted)
      return {
        network: await networkThrough(ask, probe.ok, direct, options),
        off: probe.ok ? alwaysOff : [...alwaysOff, ...offWithoutUdp],
      }
    why = probe.ok ? null : probe.failure
    if (why?.detail === loginWanted.detail || why?.detail === loginRefused.detail) break
  }
  throw unusable(proxy, why?.code === "proxy" ? (why.detail ?? "it failed") : "no answer in time", why)
}

/** RFC 1928 §7: a client that doesn't know where it will send from says so by zeros. */
const anyone = { host: "0.0.0.0", port: 0 }

/** A refusal of UDP alone, by a proxy whose TCP may be in order. */
const isRuling = ({ detail }: Failure): boolean =>
  detail === "its rules forbid it" || detail === "general failure" || detail === "an unknown reply"

function unusable({ host, port, login }: Proxy, what: string, why: Failure | null = null): InputError {
  const where = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`
  const hint =
    why?.detail === loginWanted.detail
      ? login === null
        ? "Give user and password: --proxy socks5://user:password@host:port."
        : "It takes no user and password, or of another kind."
      : why?.detail === loginRefused.detail
        ? "Check user and password; write %40 for @."
        : "Check that a SOCKS5 proxy listens there. Nothing was sent anywhere else."
  return new InputError("proxy", `proxy ${where}: ${what}`, hint)
}

type Ask = (
  request: Pick<SocksRequest, "command" | "to" | "signal" | "timeoutMs">,
) => Promise<Outcome<Granted>>

async function networkThrough(
  ask: Ask,
  udp: boolean,
  direct: Network,
  options: NetworkOptions,
): Promise<Network> {
  const families = options.families ?? ["ipv4", "ipv6"]
  // Whom we reach has nothing to do with which address of ours reaches the proxy.
  const anywhere = bindingOf({ families })
  const tunnel: Tunnel = async (to, signal, timeoutMs) => {
    const granted = await ask({ command: "connect", to, signal, timeoutMs })
    return granted.ok ? succeed(granted.value.socket) : granted
  }
  const never = (what: string) => () => Promise.resolve(fail("unsupported", `no ${what} through a proxy`))
  return {
    connect: connectFrom(anywhere, tunnel),
    listen: never("incoming connections"),
    multicast: never("multicast"),
    datagrams: udp
      ? datagramsThrough(ask, bindingOf(options), await framing(), () => direct.now())
      : never("UDP"),
    resolve: (name) => Promise.resolve(named(name, families)),
    http: httpFrom(anywhere, tunnel),
    webSocket: webSocketFrom(anywhere, tunnel),
    localHosts: () => direct.localHosts(),
    now: () => direct.now(),
    date: () => direct.date(),
    randomBytes: (count) => direct.randomBytes(count),
    sleep: (ms, signal) => direct.sleep(ms, signal),
    after: (ms, ring) => direct.after(ms, ring),
  }
}

/** What a proxy can be asked for: letters, digits, hyphens, dots and underscores, not more than RFC 1035 allows. */
const hostName = /^(?=.{1,253}$)[\w-]+(\.[\w-]+)*\.?$/

/** A name stands for itself, and may be of any family. */
function named(name: string, families: readonly Family[]): Outcome<Address[]> {
  if (net.isIP(name)) return succeed([{ host: name, family: familyOf(name) }])
  if (!hostName.test(name)) return fail("dns", "not a host name")
  return succeed(families.map((family) => ({ host: name, family, byProxy: true })))
}
