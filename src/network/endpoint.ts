/** An address as text, and the family that the text tells. */
import net from "node:net"
import type { Endpoint, Family } from "../evidence.ts"

export const toEndpoint = (host: string, port: number): Endpoint =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`

export const familyOf = (host: string): Family => (net.isIPv6(host) ? "ipv6" : "ipv4")
