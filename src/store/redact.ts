/**
 * An injective renaming of peer addresses, applied before judging and saving: `prefix` keeps the /24 (IPv6: /48) and the
 * port, `full` keeps the port. The token is a keyed hash of the whole address, so that the same peer matches across
 * snapshots of one machine and nobody without the key can find it by trying all addresses.
 */
import { createHmac } from "node:crypto"
import type { Dht, Earlier, Endpoint, Evidence, MetadataSearch, Run, Sighting } from "../evidence.ts"

export const redactions = ["none", "prefix", "full"] as const
export type Redaction = (typeof redactions)[number]

/** `rename`: of several documents, whose names must be alike to the last digit. */
export function redact(
  evidence: Evidence,
  how: Redaction,
  key: Uint8Array,
  rename: Rename = how === "none" ? (address) => address : renamer(how, key),
): Evidence {
  if (how === "none") return evidence
  const renameNode = nodeRenamer(key)
  const shuffle = filterShuffler(key)
  const viaOf = ({ kind, via }: Sighting): string | null => {
    if (via === null || kind === "tracker") return via
    return kind === "dht" ? renameNode(via) : rename(via)
  }
  return {
    ...evidence,
    run: {
      ...evidence.run,
      ...(evidence.run.trials && {
        trials: evidence.run.trials.map((trial) => ({ ...trial, peers: trial.peers.map(rename) })),
      }),
      ...(evidence.run.metadata && { metadata: metadataAs(evidence.run.metadata, rename) }),
      redaction: redactionOf(evidence, how, key),
      vantage: { ...evidence.run.vantage, self: evidence.run.vantage.self.map(rename) },
    },
    ...(evidence.earlier && { earlier: earlierAs(evidence.earlier, rename) }),
    dht: evidence.dht && dhtAs(evidence.dht, renameNode, shuffle),
    peers: evidence.peers.map(({ place, ...peer }) => ({
      ...peer,
      address: rename(peer.address),
      alsoAt: peer.alsoAt.map(rename),
      sources: peer.sources.map((source) => ({ ...source, via: viaOf(source) })),
      attempts: peer.attempts.map((attempt) => ({
        ...attempt,
        ...(attempt.relay !== undefined && { relay: rename(attempt.relay) }),
      })),
      // A /24 tells its network and country anyway; without one, so does nothing.
      ...(place !== undefined && how === "prefix" && { place }),
    })),
    ...(evidence.announceLog && {
      announceLog: {
        ...evidence.announceLog,
        reports: evidence.announceLog.reports.map((one) => ({ ...one, address: rename(one.address) })),
      },
    }),
  }
}

export type Rename = (address: Endpoint) => Endpoint

/** What was renamed before keeps its names, and so their key. */
function redactionOf(
  evidence: Evidence,
  how: Exclude<Redaction, "none">,
  key: Uint8Array,
): NonNullable<Run["redaction"]> {
  const before = renamedIn(evidence)
  if (before === null) return { mode: how, key: fingerprintOf(key) }
  return { mode: how === "full" ? "full" : before.mode, key: before.key }
}

/** How the addresses of a record are renamed already; null: they are as they were. */
export function renamedIn({
  run,
  peers,
}: Pick<Evidence, "run" | "peers">): NonNullable<Run["redaction"]> | null {
  if (run.redaction) return run.redaction
  const renamed = peers.find(({ address }) => address.includes("~"))
  return renamed ? { mode: renamed.address.startsWith("~") ? "full" : "prefix", key: null } : null
}

/** Tells keys apart, and nothing of them. */
const fingerprintOf = (key: Uint8Array): string =>
  createHmac("sha256", key).update("which key").digest("hex").slice(0, 16)

const earlierAs = ({ runs, peers, trackers }: Earlier, rename: Rename): Earlier => ({
  runs,
  peers: peers.map((peer) => ({ ...peer, address: rename(peer.address) })),
  trackers: trackers.map((tracker) => ({
    ...tracker,
    readings: tracker.readings.map((reading) => ({
      ...reading,
      listed: reading.listed && reading.listed.map(rename),
    })),
  })),
})

const metadataAs = ({ from, tries, ...rest }: MetadataSearch, rename: Rename): MetadataSearch => ({
  ...rest,
  from: from && rename(from),
  tries: tries.map((one) => ({ ...one, address: rename(one.address) })),
})

const dhtAs = (
  { bootstrap, nodes, lookups, ...rest }: Dht,
  rename: Rename,
  shuffle: (filter: string) => string,
): Dht => ({
  ...rest,
  bootstrap: bootstrap.map((one) => ({ ...one, name: rename(one.name) })),
  nodes: nodes.map((node) => {
    // Redacted before: once is enough.
    if (!splitAddress(node.address)) return node
    return {
      ...node,
      address: rename(node.address),
      seederFilter: node.seederFilter && shuffle(node.seederFilter),
      leecherFilter: node.leecherFilter && shuffle(node.leecherFilter),
    }
  }),
  lookups: lookups.map((lookup) => ({
    ...lookup,
    closest: lookup.closest.map((one) => ({ ...one, address: rename(one.address) })),
  })),
})

/**
 * A DHT node's id is kept, since what is judged is how near it is to the key; but BEP 42 makes it of the address, so the /24 beside
 * it would give the rest of the address away, and so would a token or port that leads to the same host's entry among the peers.
 * What stays: which nodes share a /24 (IPv6: /48).
 */
function nodeRenamer(key: Uint8Array): Rename {
  const tokenOf = (text: string) =>
    createHmac("sha256", key).update(`dht node ${text}`).digest("hex").slice(0, 12)
  return (address) => {
    const match = splitAddress(address)
    if (!match) return address
    const { ipv6, ipv4, port } = match
    const network = ipv4 === null ? prefix48(ipv6 ?? "") : ipv4.split(".").slice(0, 3).join(".")
    return `~${tokenOf(network)}~${tokenOf(`${ipv6 ?? ipv4} ${port}`)}`
  }
}

const filterBits = 2_048

/**
 * A BEP 33 filter tells of any address whether it is likely among the peers: of the 256 in a /24, mostly which one. With its bits in a
 * secret order, the same for all filters, it still tells how many there are, and how two filters overlap.
 */
function filterShuffler(key: Uint8Array): (filter: string) => string {
  let order: readonly number[] | null = null
  const secretOrder = () =>
    Array.from({ length: filterBits }, (_, bit) => ({
      bit,
      place: createHmac("sha256", key).update(`dht filter ${bit}`).digest("hex"),
    }))
      .sort((a, b) => (a.place < b.place ? -1 : 1))
      .map(({ bit }) => bit)
  return (filter) => {
    const bytes = Buffer.from(filter, "base64")
    if (bytes.length * 8 !== filterBits) return filter
    order ??= secretOrder()
    const shuffled = Buffer.alloc(bytes.length)
    for (const [to, from] of order.entries())
      if ((bytes[from >> 3] ?? 0) & (1 << (from & 7)))
        shuffled[to >> 3] = (shuffled[to >> 3] ?? 0) | (1 << (to & 7))
    return shuffled.toString("base64")
  }
}

function splitAddress(address: Endpoint): { ipv6: string | null; ipv4: string | null; port: string } | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d+)$/i.exec(address)
  return match && { ipv6: match[1] ?? null, ipv4: match[2] ?? null, port: match[3] ?? "" }
}

/** Of one document: two hosts whose names begin alike are told apart by what it named before. */
export function renamer(how: "prefix" | "full", key: Uint8Array): Rename {
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
  /** A magnet link's `x.pe` may be a host name, which leads to its owner as well; what is renamed already stays. */
  const named = (address: Endpoint): Endpoint => {
    const match = /^([^~:]+):(\d+)$/.exec(address)
    return match ? `~${token(match[1] ?? "")}:${match[2]}` : address
  }
  return (address) => {
    const prefixed = /^[^~]+\/\d+(~.*)$/.exec(address)
    if (prefixed) return how === "full" ? (prefixed[1] ?? address) : address
    const match = splitAddress(address)
    if (!match) return named(address)
    const { ipv6, ipv4, port } = match
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
