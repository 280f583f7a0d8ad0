/** Where a web seed's URL, or a redirect of it, may lead: a torrent's word is a stranger's, and a redirect's even more so. */
import { fail, succeed, type Outcome } from "../../failure.ts"
import type { Address, Network } from "../../network.ts"
import {
  admits,
  formatEndpoint,
  hostKind,
  type AddressKind,
  type AddressRules,
} from "../../torrent/endpoint.ts"
import { isServicePort } from "../../torrent/ports.ts"

export interface PlaceContext {
  readonly network: Pick<Network, "resolve">
  readonly rules: AddressRules
  /** The user's own choice; addresses of others are passed over. */
  readonly families: readonly Address["family"][]
}

const kinds: Record<AddressKind, string> = {
  public: "a public address",
  private: "a private address",
  loopback: "a loopback address",
  never: "a link-local or reserved address",
}

/** The torrent's own URL: addresses that may be contacted, in the resolver's order. */
export async function admitUrl(
  { network, rules, families }: PlaceContext,
  url: URL,
  signal: AbortSignal,
): Promise<Outcome<Address[]>> {
  if (isServicePort(portOf(url), "http")) return fail("filtered", `port ${portOf(url)} is another protocol's`)
  const found = await network.resolve(hostOf(url), signal)
  if (!found.ok) return found
  const admitted = found.value.filter(
    ({ host, family }) => families.includes(family) && admits(rules, host, portOf(url)),
  )
  if (admitted.length > 0) return succeed(admitted)
  return fail("filtered", `our rules forbid ${describe(found.value)}`)
}

/** What is known of the way so far. */
export interface Way {
  /** The first hop's. */
  readonly origin: { url: URL; address: Address }
  /** Some hop was at a public address. */
  readonly public: boolean
}

/**
 * A redirect gives no new rights: nothing but public addresses from a public one, and loopback never, except the very place
 * that the torrent itself named. `bad-redirect`: nobody should follow it; `filtered`: it is our own limits that forbid it.
 */
export async function admitRedirect(
  { network, rules, families }: PlaceContext,
  to: URL,
  way: Way,
  signal: AbortSignal,
): Promise<Outcome<Address>> {
  const port = portOf(to)
  if (isServicePort(port, "http")) return fail("bad-redirect", `to port ${port}, another protocol's`)
  const found = await network.resolve(hostOf(to), signal)
  if (!found.ok) return found
  const home = formatEndpoint(way.origin.address.host, portOf(way.origin.url))
  const narrowed = { ...rules, allowLocal: rules.allowLocal && !way.public, allowLoopback: false }
  const admitted = found.value.find(
    ({ host, family }) =>
      families.includes(family) && (admits(narrowed, host, port) || formatEndpoint(host, port) === home),
  )
  if (admitted) return succeed(admitted)
  const onlyOurs = found.value.every(({ host }) => hostKind(host) === "public")
  return onlyOurs
    ? fail("filtered", "our rules forbid its address")
    : fail("bad-redirect", `to ${describe(found.value.filter(({ host }) => hostKind(host) !== "public"))}`)
}

const describe = (addresses: readonly Address[]): string =>
  addresses[0] ? kinds[hostKind(addresses[0].host)] : "a name without addresses"

/** Without the brackets of IPv6. */
const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, "$1")

export const portOf = (url: URL): number => Number(url.port || (url.protocol === "https:" ? 443 : 80))
