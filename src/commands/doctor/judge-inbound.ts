/** Whether others can dial us, and what the router does about it. */
import { limits } from "../../limits.ts"
import { addressKind } from "../../torrent/endpoint.ts"
import type { Facts, MappingFact } from "./facts.ts"
import { behindNat, listed, outsideOf, said, words, type Judgement } from "./judging.ts"

export function ofInbound(facts: Facts): Judgement {
  const { given, port, tcp, udp, mapping } = facts.inbound
  const told = {
    port,
    tcp: tcp && words(tcp),
    udp: udp && words(udp),
    mapped: (mapping?.mapped ?? []).map((each) => ({ ...each })),
    tried: (mapping?.tried ?? []).map(({ protocol, failure }) => ({ protocol, failure })),
  }
  if (facts.proxied)
    return said(
      "untested",
      "off: through a proxy",
      "Nobody can dial us, so peers that only dial stay unreached.",
      told,
    )
  if (tcp || udp) {
    const which = [tcp && `TCP ${words(tcp)}`, udp && `UDP ${words(udp)}`].filter(Boolean).join(", ")
    const means = given
      ? "An audit with this --port can't listen: another program may hold it."
      : "Peers that must dial us, and uTP, are out of reach."
    return said(
      tcp ? "problem" : "warning",
      `${port === null ? "no port" : `port ${port}`}: ${which}`,
      means,
      told,
    )
  }
  const at = given ? `port ${port} is free` : "a port can be had"
  const nat = behindNat(facts, "ipv4")
  if (mapping) return ofMapping(facts, mapping, at, told)
  const symmetric = seenPorts(facts) ? ", and another port for every partner" : ""
  if (nat === true)
    return said(
      "warning",
      `${at}, but behind address translation${symmetric}`,
      "Peers behind a NAT of their own can't be reached: forward a port on the router, or see what --map says.",
      told,
    )
  if (nat === null)
    return said(
      "untested",
      `${at}; no outside address known`,
      "Whether others can dial us shows in an audit, as `inbound`.",
      told,
    )
  return said(
    "ok",
    `${at}, no address translation`,
    "Peers can dial us, unless a firewall in between forbids it.",
    told,
  )
}

/** A NAT that gives every partner another port: a hole punched for one is none for others. */
const seenPorts = ({ nodes }: Facts): boolean => {
  const seen = nodes.flatMap(({ family, seenAs }) => (family === "ipv4" && seenAs ? [seenAs.port] : []))
  return seen.length > 1 && new Set(seen).size > 1
}

function ofMapping(
  facts: Facts,
  { gateway, mapped, tried }: MappingFact,
  at: string,
  told: Judgement["facts"],
): Judgement {
  const [first] = mapped
  if (!first) {
    // PCP and NAT-PMP ask the default gateway; UPnP asks whoever answers.
    const asked = gateway === null ? tried.filter(({ failure }) => failure.code !== "unreachable") : tried
    const why = asked.map(({ protocol, failure }) => `${protocol} ${words(failure)}`)
    const means = "No router maps a port for us: forward one by hand, or peers behind a NAT stay unreached."
    return said(
      behindNat(facts, "ipv4") === false ? "ok" : "warning",
      `${at}; ${gateway ?? "no default gateway known"}: ${why.join("; ")}`,
      means,
      told,
    )
  }
  const outside = listed(
    mapped.map(({ transport, outside, protocol }) => `${outside} (${transport}, ${protocol})`),
  )
  const kept = mapped.filter(({ released }) => !released)
  const released =
    kept.length === 0 ? "released again" : `not released: it ends in ${limits.doctor.mappingSeconds} s`
  const found = `${at}; the router mapped ${outside}, ${released}`
  const host = first.outside.slice(0, first.outside.lastIndexOf(":"))
  const seen = outsideOf(facts, "ipv4")
  if (addressKind(host) !== "public" && seen !== null && seen.host !== host)
    return said(
      "warning",
      found,
      `A second translation lies behind the router (outside we are ${seen.host}): its mapping alone lets nobody in.`,
      told,
    )
  const others = mapped.length < 2 ? `only ${first.transport.toUpperCase()} was mapped, and ` : ""
  return said(
    mapped.length < 2 ? "warning" : "ok",
    found,
    `The router can lead peers to us: ${others}an audit itself maps no port, so forward this one for it.`,
    told,
  )
}
