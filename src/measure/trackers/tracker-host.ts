/** What a tracker's URL alone says about where it is: redaction leaves it as it is, so that what rests on it stays the same. */

export type HostKind = "loopback" | "private" | "public"

const partsOf = (url: string): { host: string; port: string } | null => {
  const parsed = URL.parse(url)
  return parsed && { host: parsed.hostname.toLowerCase().replace(/^\[|\]$/g, ""), port: parsed.port }
}

const ipv4 = /^\d+\.\d+\.\d+\.\d+$/
const isLiteral = (host: string): boolean => ipv4.test(host) || host.includes(":")

const loopback = /^(127\.|::1(?![\da-f:])|::ffff:127\.|localhost$|.*\.localhost$)/
/** RFC 1918, carrier-grade NAT, link-local and ULA. */
const local =
  /^(::ffff:)?(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)|^(f[cd]|fe[89ab])[0-9a-f]*:/

/** A name counts as public: where it leads isn't recorded. */
export function hostKind(url: string): HostKind {
  const host = partsOf(url)?.host ?? ""
  if (loopback.test(host)) return "loopback"
  return isLiteral(host) && local.test(host) ? "private" : "public"
}

/** Of an endpoint, redacted or not: leads to another host in every network. */
export function isLocalAddress(endpoint: string): boolean {
  const host = endpoint.replace(/^\[/, "")
  return loopback.test(host) || local.test(host)
}

/** Has a name that must resolve, rather than an address. */
export const isNamed = (url: string): boolean => !isLiteral(partsOf(url)?.host ?? "")

/** A port that even the strictest firewall leaves open. */
export function onWebPort(url: string): boolean {
  const { port = "" } = partsOf(url) ?? {}
  return port === "80" || port === "443" || (port === "" && /^(http|ws)s?:/i.test(url))
}

/** The last two labels of a name, or the address: one operator, as far as a URL shows. */
export function siteOf(url: string): string {
  const host = partsOf(url)?.host ?? url
  return isLiteral(host) ? host : host.split(".").slice(-2).join(".")
}
