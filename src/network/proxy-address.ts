/** What `--proxy` names. A password goes to the proxy and nowhere else: no message of ours repeats the text that it came in. */
import net from "node:net"
import { InputError } from "../failure.ts"

export interface Proxy {
  /** A name or an address, IPv6 without brackets. */
  host: string
  port: number
  login: { user: string; password: string } | null
}

/** IANA's. */
const defaultPort = 1080
/** RFC 1929: a byte says how long each is. */
const maxLoginBytes = 255
const form = "Use socks5://host:1080 or socks5://user:password@host:1080."

/** `socks5://[user[:password]@]host[:port]`; `socks5h` says the same, as names are always left to the proxy. Throws InputError. */
export function parseProxy(text: string): Proxy {
  const url = URL.parse(text)
  if (url && /^socks4a?:$/.test(url.protocol))
    throw bad("SOCKS4 knows neither IPv6 nor UDP, and is not supported", form)
  if (url === null || !/^socks5h?:$/.test(url.protocol)) throw bad("not a socks5:// URL", form)
  const host = decoded(url.hostname).replace(/^\[(.*)\]$/, "$1")
  if (host === "" || /[\s/\\@]/.test(host) || (host.includes(":") && !net.isIPv6(host)))
    throw bad("no host", form)
  const port = Number(url.port || defaultPort)
  if (port === 0) throw bad("port 0", form)
  if (/[^/]/.test(url.pathname) || url.search !== "" || url.hash !== "")
    throw bad(
      "something follows the host and port",
      "In a user or password write %2F, %3F, %23 and %40 for / ? # @.",
    )
  const [user, password] = [decoded(url.username), decoded(url.password)]
  for (const [what, part] of Object.entries({ user, password }))
    if (Buffer.byteLength(part) > maxLoginBytes)
      throw bad(`${what} of more than ${maxLoginBytes} bytes`, form)
  if (user === "" && password !== "") throw bad("a password without a user", form)
  return { host: host.toLowerCase(), port, login: user === "" ? null : { user, password } }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw bad("a % that begins no character", "Write %25 for %.")
  }
}

const bad = (what: string, hint: string): InputError => new InputError("bad-value", `--proxy: ${what}`, hint)
