import type { Dht, Estimate, Evidence } from "../evidence.ts"
import type { Audit, Finding, Verdict } from "../report.ts"
import { filterSize } from "../measure/dht/scrape.ts"
import { distance } from "../measure/dht/size.ts"
import { dhtUnasked } from "../measure/dht/use.ts"
import { finding } from "../measure/finding.ts"
import { placeOf } from "../measure/networks.ts"
import { roomFor } from "../measure/roles.ts"
import { counted } from "../measure/wording.ts"

const audit = "dht-scrape-mismatch"
/** BEP 33's filter: 2048 bits. */
const filterBytes = 256
/** An odd filter holds so many times what all others hold together, and so many more. */
const oddRatio = 10
const oddExcess = 100
/** Announces go to the nodes nearest to the key: so many that sent counts must be nearer than the odd one. */
const leastNearer = 3
/** With fewer zero bits a filter is full: it stands for 3,000 addresses and more. */
const nearlyFullZeros = 0.05
const shown = 20

/**
 * BEP 33's counts beside the lists. More counted than named proves nothing: nodes keep hundreds of addresses for half an hour and longer and
 * list a random hundred or fewer, and libtorrent sends counts in place of a list. What can be told is a forged filter: a node is odd if
 * its own holds ten times what those of all others hold together, although at least three of them are nearer to the info hash, so
 * that whoever announced to it announced to them as well. The finding is about the DHT.
 */
export const dhtScrapeMismatch = {
  id: audit,
  title: "DHT scrape mismatch",
  question: "Do the DHT's counts fit together, and the peers that its nodes name?",
  references: ["BEP 33"],
  requires: ["run", "torrent", "dht", "peers"],
  judge(evidence): Finding[] {
    const { dht } = evidence
    const say = (verdict: Verdict, because: string, said: Partial<Finding> = {}): Finding[] => [
      { ...finding(audit, verdict, because, { subject: "dht" }), ...said },
    ]
    const unasked = dhtUnasked(evidence)
    if (dht === null || unasked !== null) return say("skipped", unasked ?? "no DHT was asked")
    if (!dht.nodes.some(({ seederFilter, leecherFilter }) => bytesOf(seederFilter) ?? bytesOf(leecherFilter)))
      return say("skipped", "no DHT node sent counts (BEP 33)")
    const counting = countingNodes(dht)

    const { scrape } = dht
    const counted33 = add(scrape?.seeders ?? null, scrape?.leechers ?? null)
    const named = dht.peerCount
    const reached = reachedByDht(evidence)
    const details = {
      claimed: counted33 && rangeOf(counted33),
      measured: `${counted(named, "peer")} named, ${counted(reached, "host")} of them reached`,
      evidence: {
        scrape,
        named,
        reached,
        nodes: counting
          .flat()
          .toSorted((a, b) => b.size - a.size)
          .slice(0, shown)
          .map(({ node, size, full }) => ({ node, addresses: Math.round(size), nearlyFull: full })),
      },
    }
    const odd = [...new Set(counting.flatMap((nearest) => nearest.flatMap((one) => oddity(one, nearest))))]
    if (odd.length > 0)
      return say("warn", odd.join("; "), {
        ...details,
        advice:
          "Don't trust the DHT's count of this torrent: that filter is forged, or holds addresses that left long ago.",
      })
    if (counted33 === null) return say("inconclusive", "the nodes' counts contradict each other", details)
    const room = roomFor(Math.max(named, reached))
    if (counted33.low > room)
      return say(
        "inconclusive",
        `the DHT counts ${rangeOf(counted33)}, its nodes named ${counted(named, "peer")}: lists are cut short, so this proves nothing`,
        details,
      )
    return say(
      "pass",
      `the DHT counts ${rangeOf(counted33)}, its nodes named ${counted(named, "peer")}`,
      details,
    )
  },
} satisfies Audit<"run" | "torrent" | "dht" | "peers">

interface Counting {
  node: string
  filter: Uint8Array
  /** Addresses that its own filters hold. */
  size: number
  full: boolean
}

/** The nodes nearest to the info hash that sent counts, nearest first, lookup by lookup: those are of one family. */
function countingNodes({ nodes, lookups }: Dht): Counting[][] {
  const filters = new Map(
    nodes.map(({ address, seederFilter, leecherFilter }) => [
      address,
      [seederFilter, leecherFilter].flatMap((filter) => bytesOf(filter) ?? []),
    ]),
  )
  return lookups
    .filter(({ purpose }) => purpose === "peers")
    .map(({ closest, target }) =>
      closest
        .toSorted((a, b) => distance(a.id, target) - distance(b.id, target))
        .flatMap(({ address }) => {
          const own = filters.get(address) ?? []
          if (own.length === 0) return []
          const filter = joined(own)
          return [{ node: address, filter, size: sizeOf(filter), full: zeroShare(filter) < nearlyFullZeros }]
        }),
    )
}

function oddity(one: Counting, counting: readonly Counting[]): string[] {
  const nearer = counting.indexOf(one)
  if (nearer < leastNearer) return []
  const others = counting.filter((other) => other !== one)
  const together = sizeOf(joined(others.map(({ filter }) => filter)))
  if (one.size < oddRatio * together + oddExcess) return []
  const what = one.full ? "a nearly full filter, which stands for" : "a filter of"
  return [
    `${one.node} sent ${what} about ${counted(Math.round(one.size), "address", "addresses")}, those of ${counted(others.length, "other node")}, ${nearer} of them nearer, hold ${Math.round(together)} together`,
  ]
}

function bytesOf(base64: string | null): Uint8Array[] | null {
  const bytes = base64 === null ? null : new Uint8Array(Buffer.from(base64, "base64"))
  return bytes?.length === filterBytes ? [bytes] : null
}

const joined = (filters: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from({ length: filterBytes }, (_, i) =>
    filters.reduce((byte, filter) => byte | (filter[i] ?? 0), 0),
  )

const zeroShare = (filter: Uint8Array): number => {
  let ones = 0
  for (const byte of filter) for (let bits = byte; bits > 0; bits &= bits - 1) ones++
  return 1 - ones / (8 * filterBytes)
}

/** A full filter counts as one with a single zero. */
const sizeOf = (filter: Uint8Array): number => {
  const size = filterSize(filter)
  if (Number.isFinite(size)) return Math.max(0, size)
  return filterSize(Uint8Array.from(filter, (byte, i) => (i === 0 ? byte & 0xfe : byte)))
}

/** Seeders and leechers together; one of them unknown counts as none. */
function add(one: Estimate | null, other: Estimate | null): { low: number; high: number | null } | null {
  if (one === null && other === null) return null
  const [a, b] = [one ?? { low: 0, high: 0 }, other ?? { low: 0, high: 0 }]
  return { low: a.low + b.low, high: a.high === null || b.high === null ? null : a.high + b.high }
}

const rangeOf = ({ low, high }: { low: number; high: number | null }): string =>
  high === null
    ? `${Math.round(low)} addresses or more`
    : `${Math.round(low)} to ${Math.round(high)} addresses`

const reachedByDht = ({ peers }: Pick<Evidence, "peers">): number =>
  new Set(
    peers
      .filter(({ haveCount, sources }) => haveCount !== null && sources.some(({ kind }) => kind === "dht"))
      .map(({ address }) => placeOf(address).host),
  ).size
