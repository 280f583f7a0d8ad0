/**
 * An injective renaming of peer addresses, applied before judging and saving: `prefix` keeps the /24 (IPv6: /48) and the
 * port, `full` keeps the port. The token is a keyed hash of the whole address, so that the same peer matches across
 * snapshots of one machine and nobody without the key can find it by trying all addresses.
 */
import { createHmac } from "node:crypto"
import type { Endpoint, Evidence } from "../evidence.ts"

export const redactions = ["none", "prefix", "full"] as const
export type Redaction = (typeof redactions)[number]

export function redact(evidence: Evidence, how: Redaction, key: Uint8Array): Evidence {
  if (how === "none") return evidence
  const rename = renamer(how, key)
  const viaOf = (kind: string, via: string | null) => (via === null || kind === "tracker" ? via : rename(via))
  return {
    ...evidence,
    run: {
      ...evidence.run,
      ...(evidence.run.trials && {
        trials: evidence.run.trials.map((trial) => ({ ...trial, peers: trial.peers.map(rename) })),
      }),
      vantage: { ...evidence.run.vantage, self: evidence.run.vantage.self.map(rename) },
    },
    peers: evidence.peers.map((peer) => ({
      ...peer,
      address: rename(peer.address),
      alsoAt: peer.alsoAt.map(rename),
      sources: peer.sources.map((source) => ({ ...source, via: viaOf(source.kind, source.via) })),
    })),
  }
}

function renamer(how: "prefix" | "full", key: Uint8Array): (address: Endpoint) => Endpoint {
  const tokenOf = new Map<string, string>()
  const hostOfToken = new Map<string, string>()
  const token = (host: string): string => {
    const known = tokenOf.get(host)
    if (known) return known
    const digest = createHmac("sha256", key).update(host).digest("hex")
    // Six digits read well; where two hosts would share them, the later one gets more.
    let length = 6
    while (hostOfToken.has(digest.slice(0, length))) length++
    const made = digest.slice(0, length)
    tokenOf.set(host, made)
    hostOfToken.set(made, host)
    return made
  }
  return (address) => {
    const prefixed = /^[^~]+\/\d+(~.*)$/.exec(address)
    if (prefixed) return how === "full" ? (prefixed[1] ?? address) : address
    const match = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d+)$/i.exec(address)
    if (!match) return address
    const [, ipv6, ipv4, port] = match
    const host = ipv6 ?? ipv4 ?? ""
    const name = `~${token(host)}:${port}`
    if (how === "full") return name
    return ipv4 ? `${ipv4.split(".").slice(0, 3).join(".")}.0/24${name}` : `${prefix48(host)}/48${name}`
  }
}

/** The first 48 bits, as `2001:db8:1::`. */
function prefix48(host: string): string {
  const [head = "", tail] = host.split("::")
  const left = head === "" ? [] : head.split(":")
  const right = tail === undefined || tail === "" ? [] : tail.split(":")
  const groups =
    tail === undefined
      ? left
      : [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0"), ...right]
  return `${groups.slice(0, 3).join(":")}::`
}
