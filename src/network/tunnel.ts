/** A URL's stream by way of a tunnel, with TLS inside where the scheme asks for it. */
import net from "node:net"
import tls from "node:tls"
import { succeed, type Outcome } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Address } from "../network.ts"
import type { Tunnel } from "./tcp.ts"

/** What TLS says about the other side comes as the stream's `error`. */
export async function streamThrough(
  tunnel: Tunnel,
  url: URL,
  address: Address,
  signal: AbortSignal,
): Promise<Outcome<net.Socket>> {
  const secure = url.protocol === "https:" || url.protocol === "wss:"
  const port = Number(url.port || (secure ? 443 : 80))
  const opened = await tunnel({ host: address.host, port }, signal, limits.proxy.connectMs)
  if (!opened.ok || !secure) return opened
  const name = url.hostname.replace(/^\[|\]$/g, "")
  const asked = net.isIP(name) ? { host: name } : { host: name, servername: name }
  return succeed(tls.connect({ socket: opened.value, ...asked }))
}
