/** Facts → what each means for an audit. Pure: thresholds and words are here, and nothing is asked. */
import type { DoctorCheck, DoctorCheckName, DoctorLevel } from "../../evidence/doctor.ts"
import type { Family } from "../../evidence.ts"
import type { Facts } from "./facts.ts"
import { ofInbound } from "./judge-inbound.ts"
import { ofClock, ofDirectories, ofFiles } from "./judge-machine.ts"
import { behindNat, familyNames, listed, outsideOf, said, words, type Judgement } from "./judging.ts"

export function judge(facts: Facts): DoctorCheck[] {
  const judgements: Record<DoctorCheckName, Judgement> = {
    ipv4: ofFamily(facts, "ipv4"),
    ipv6: ofFamily(facts, "ipv6"),
    dns: ofNames(facts),
    udp: ofUdp(facts),
    dht: ofDht(facts),
    clock: ofClock(facts),
    inbound: ofInbound(facts),
    files: ofFiles(facts),
    storage: ofDirectories(facts),
    node: {
      level: "ok",
      found: `Node ${facts.node}`,
      means: "New enough: older ones are refused at the start.",
      facts: { version: facts.node },
    },
  }
  return Object.entries(judgements).map(([name, judged]) => ({ name: name as DoctorCheckName, ...judged }))
}

export function statusOf(checks: readonly DoctorCheck[]): "ok" | "warning" | "problem" {
  const has = (wanted: DoctorLevel) => checks.some(({ level }) => level === wanted)
  return has("problem") ? "problem" : has("warning") ? "warning" : "ok"
}

function ofFamily(facts: Facts, family: Family): Judgement {
  const name = familyNames[family]
  const here = facts.addresses.filter((address) => address.family === family).map(({ host }) => host)
  const outside = outsideOf(facts, family)
  const nat = behindNat(facts, family)
  const told = { local: here, outside: outside?.host ?? null, reportedBy: outside?.nodes ?? 0, nat }
  if (!facts.wanted.includes(family))
    return said("untested", "not wanted", `Trackers and peers on ${name} are left out of an audit.`, told)
  const seen = outside
    ? `${outside.host} outside, say ${outside.nodes} of ${outside.nodes + outside.others} DHT nodes`
    : "outside address not known"
  if (facts.proxied)
    return said(
      "ok",
      `by the proxy; ${seen}`,
      "Peers see the proxy's address; whether it has this family shows when it is used.",
      told,
    )
  if (here.length === 0 && !outside)
    return said(
      "warning",
      "no address",
      `Trackers and peers on ${name} alone are out of reach and count as unreached.`,
      told,
    )
  const found = `${listed(here) || "no address of its own"} here, ${seen}`
  if (nat === true)
    return said(
      "ok",
      `${found}: address translation in between`,
      "We can dial others; others can dial us only through a mapped port.",
      told,
    )
  return said(
    "ok",
    found,
    nat === null
      ? "We can try to dial; nobody has told where we are seen."
      : "No address translation: others can dial us where no firewall forbids it.",
    told,
  )
}

function ofNames({ names, proxied }: Facts): Judgement {
  const failed = names.filter(({ failure }) => failure !== null)
  const told = { names: names.map(({ name, ms, failure }) => ({ name, ms, failure })) }
  if (proxied)
    return said(
      "untested",
      "left to the proxy",
      "The proxy looks names up; no query of ours leaves this machine.",
      told,
    )
  if (names.length === 0)
    return said(
      "untested",
      "no name was asked",
      "Only addresses were named; trackers mostly have names.",
      told,
    )
  const slowest = Math.round(Math.max(...names.map(({ ms }) => ms)))
  if (failed.length === 0)
    return said(
      "ok",
      `${names.length} of ${names.length} names found, ${slowest} ms at most`,
      "Trackers and first DHT nodes can be found by name.",
      told,
    )
  const which = listed(failed.map(({ name }) => name))
  if (failed.length < names.length)
    return said(
      "ok",
      `${names.length - failed.length} of ${names.length} names found; not ${which}`,
      "Names are looked up; the missing ones may no longer exist.",
      told,
    )
  return said(
    "problem",
    `none of ${names.length} found: ${which}`,
    "Trackers with a name can't be asked: check this machine's resolver.",
    told,
  )
}

function ofUdp(facts: Facts): Judgement {
  const { nodes, noSocket, off, clock } = facts
  const answered = nodes.filter(({ ms }) => ms !== null).length
  const told = { asked: nodes.length, answered }
  if (off.includes("DHT"))
    return said(
      "warning",
      "the proxy carries none",
      "DHT, UDP trackers and uTP are off: an audit covers TCP only.",
      told,
    )
  if (nodes.length === 0) {
    const [none] = noSocket
    if (none)
      return said(
        "problem",
        `no socket: ${words(none.failure)}`,
        "DHT, UDP trackers and uTP can't be used.",
        told,
      )
    return said("untested", "nobody was asked", "Name a node with --dht-bootstrap to test it.", told)
  }
  if (answered > 0) return said("ok", "replies arrive", "DHT, UDP trackers and uTP can be used.", told)
  if (nodes.length < 3)
    return said(
      "warning",
      `no reply from ${nodes.length === 1 ? "the one node" : "either node"} that was asked`,
      "Either it is gone, or UDP is blocked and an audit covers TCP only: name another with --dht-bootstrap.",
      told,
    )
  const tcp = clock?.skewMs != null ? " although TCP works" : ""
  return said(
    "problem",
    `no reply from ${nodes.length} nodes${tcp}`,
    "UDP seems blocked: without DHT, UDP trackers and uTP an audit covers TCP only, and peers stay unreached.",
    told,
  )
}

function ofDht({ nodes, off }: Facts): Judgement {
  const answered = nodes.flatMap(({ ms }) => (ms === null ? [] : [ms])).toSorted((a, b) => a - b)
  const told = {
    nodes: nodes.map(({ address, ms, failure, seenAs }) => ({
      address,
      ms,
      failure,
      seenAs: seenAs?.host ?? null,
    })),
  }
  if (off.includes("DHT"))
    return said(
      "untested",
      "off: the proxy carries no UDP",
      "Peers that only the DHT knows stay unknown.",
      told,
    )
  if (nodes.length === 0)
    return said(
      "untested",
      "no node was asked",
      "With --allow-local no public node is asked; name one with --dht-bootstrap.",
      told,
    )
  const middle = Math.round(answered[Math.floor(answered.length / 2)] ?? 0)
  if (answered.length === 0)
    return said(
      "problem",
      nodes.length === 1
        ? "the one first node did not answer"
        : `none of ${nodes.length} first nodes answered`,
      "Magnet links without trackers, and peers that only the DHT knows, can't be found.",
      told,
    )
  return said(
    "ok",
    `${answered.length} of ${nodes.length} first nodes answered, ${middle} ms round trip`,
    "One is enough to begin a lookup.",
    told,
  )
}
