import type { Peer } from "../evidence.ts"
import type { Audit, Finding } from "../report.ts"
import { contentionOf } from "../measure/contention.ts"
import { finding } from "../measure/finding.ts"
import { areNested, groupsOf, pairsOf, tightMs, type Pair } from "../measure/lockstep.ts"
import { placeOf } from "../measure/networks.ts"
import { ofRun } from "../measure/statistics/holm.ts"
import { counted, listed } from "../measure/wording.ts"

const audit = "crowded-host"
/** Fewer peers of one host are a household. */
const leastCrowd = 5
/** Names of one client: it may listen on two ports, and be forwarded a third. */
const leastNames = 4
/** Two clients that each listen on two ports make two pairs. */
const leastGroups = 3
const leastSteps = 12
const leastLooseSteps = 8
/** Of all steps: the rest is what our own reading of the sockets made late. */
const leastShare = 0.9
/** Smaller pieces are copied between clients of one machine in little more than `tightMs`. */
const leastPieceBytes = 65_536
/** Who computes more than that of the time may read in one go what came one after the other. */
const busyRatio = 0.5
const mostCompared = 40
const shown = 20

/**
 * Many peers at one address. Seedbox customers, a campus and a CGNAT look like that, and share one uplink; who downloads from the same
 * few seeders, or copies each piece from its neighbours, gains the same pieces within moments. Accused are four or more that gain in
 * step to within 2 ms, twelve times and nine in ten: faster than any copy, so that they are one client under several names. No more
 * than two of an address are visited at once: three such pairs, of which the pieces of each are among the next one's, are one client too.
 */
export const crowdedHost = {
  id: audit,
  title: "Crowded host",
  question: "Are several peers of one address one client under several names?",
  references: [],
  requires: ["run", "torrent", "peers"],
  judge(evidence): Finding[] {
    const hosts = [...Map.groupBy(evidence.peers.filter(isReached), hostOf).entries()].flatMap(
      ([host, peers]) =>
        host !== null && peers.length > 1 ? [{ peers: peers.slice(0, mostCompared), of: peers.length }] : [],
    )
    const compared = hosts.map(({ peers, of }) => ({
      peers,
      of,
      pairs: pairsOf(peers, evidence.torrent.pieceCount),
    }))
    const tests = compared.reduce((sum, { pairs }) => sum + pairs.length, 0)
    const { usage, durationMs } = evidence.run
    let uplinks: readonly Uplink[] | null = null
    const prompt = usage.cpuMs <= busyRatio * durationMs
    const tells = prompt && evidence.torrent.pieceBytes >= leastPieceBytes
    return compared.flatMap(({ peers, of, pairs }) => {
      const tight = groupsOf(pairs, (pair) => isTight(pair, tests))
      const accused = tells ? joined(tight, peers, evidence.torrent.pieceCount).filter(isProven) : []
      if (accused.length > 0) return accused.flatMap(({ names }) => accusations(names, pairs, tests))
      const similar = [
        ...groupsOf(pairs, isLoose).filter(({ length }) => length >= leastNames),
        ...tight,
      ].slice(0, 1)
      if (similar.length > 0) return similar.map((names) => doubtful(names, pairs, tests))
      if (peers.length < leastCrowd || isLoopback(peers)) return []
      uplinks ??= contentionOf(evidence).uplinks
      return [crowd(peers, of, uplinks, tests)]
    })
  },
} satisfies Audit<"run" | "torrent" | "peers">

type Uplink = ReturnType<typeof contentionOf>["uplinks"][number]

const isReached = ({ outcome, claimSent }: Peer): boolean => outcome !== "self" && claimSent !== null

/** Whoever is audited there was set up there. */
const isLoopback = (peers: readonly Peer[]): boolean =>
  peers.some(({ address }) => address.startsWith("127.") || address.startsWith("[::1]"))

/** IPv4 address or IPv6 /56; a redacted address, or null if nothing is left of it that ports would share. */
function hostOf({ address }: Peer): string | null {
  const { host, family, network } = placeOf(address)
  if (family !== "ipv6" || host.includes("~")) return host
  const fourth = groupsOfAddress(host)[3] ?? 0
  return `${network} ${fourth >> 8}`
}

function groupsOfAddress(address: string): number[] {
  const [head = "", tail] = address.split("::")
  const left = head === "" ? [] : head.split(":")
  const right = tail === undefined || tail === "" ? [] : tail.split(":")
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0")
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16) || 0)
}

interface Names {
  names: string[]
  /** Groups of which no two were watched together. */
  groups: number
}

/** As our two sockets per address show a crowd two by two: groups of one host whose pieces are one client's. */
function joined(tight: readonly string[][], peers: readonly Peer[], pieceCount: number): Names[] {
  const all = tight.flat()
  const members = peers.filter(({ address }) => all.includes(address))
  if (tight.length >= leastGroups && areNested(members, pieceCount))
    return [{ names: all, groups: tight.length }]
  return tight.map((names) => ({ names: [...names], groups: 1 }))
}

const isProven = ({ names, groups }: Names): boolean => groups >= leastGroups || names.length >= leastNames

const isTight = ({ tight, steps, pValue }: Pair, tests: number): boolean =>
  tight >= leastSteps && tight >= leastShare * steps && pValue * tests <= ofRun

const isLoose = ({ loose, steps }: Pair): boolean => loose >= leastLooseSteps && loose >= leastShare * steps

function pairRows(names: readonly string[], pairs: readonly Pair[]) {
  return pairs
    .filter(({ peers }) => peers.every((address) => names.includes(address)))
    .slice(0, shown)
    .map(({ peers, steps, tight, first, loose, pValue }) => ({
      peers: [...peers],
      steps,
      within2Ms: tight,
      within1S: loose,
      pValue,
      first: first.map(({ count, ms }) => ({ count, ms: [...ms] })),
    }))
}

function accusations(names: readonly string[], pairs: readonly Pair[], tests: number): Finding[] {
  const own = pairs.filter((pair) => pair.peers.every((address) => names.includes(address)))
  const linked = own.filter((pair) => isTight(pair, tests))
  const fewest = Math.min(...linked.map(({ tight }) => tight))
  const rows = pairRows(names, own)
  return names.map((address) => ({
    ...finding(
      audit,
      "warn",
      `${address} and ${counted(names.length - 1, "other peer")} of its host gain the same pieces within ${tightMs} ms of each other, at least ${fewest} times whenever two were watched together: faster than any could copy them`,
      {
        subject: `peer:${address}` as const,
        claimed: counted(names.length, "peer"),
        measured: "1 client",
        advice: "Count them as one.",
        evidence: { tests, peers: [...names], pairs: rows },
      },
    ),
    pValue: Math.min(1, Math.max(...linked.map(({ pValue }) => pValue))),
  }))
}

const doubtful = (names: readonly string[], pairs: readonly Pair[], tests: number): Finding =>
  finding(
    audit,
    "inconclusive",
    `${listed(names, 4)} gain in step: one client with several ports or names, or neighbours that copy each piece from each other, look the same`,
    {
      measured: counted(names.length, "peer"),
      advice: "Count them as one supply: what one of them lacks the others are likely to lack, too.",
      evidence: { tests, peers: [...names], pairs: pairRows(names, pairs) },
    },
  )

/** `of`: all peers of that host, of whom the first few were compared. */
function crowd(peers: readonly Peer[], of: number, uplinks: readonly Uplink[], tests: number): Finding {
  const addresses = peers.map(({ address }) => address)
  const shared = uplinks.filter(({ addresses: own }) => own.some((address) => addresses.includes(address)))
  const uplink = shared.length > 0 ? ", on one uplink" : ""
  return finding(
    audit,
    "inconclusive",
    `${counted(of, "peer")} at one address${uplink}: customers of one seedbox, a campus or a provider's NAT, or one client under several names`,
    {
      measured: counted(of, "peer"),
      evidence: {
        tests,
        peers: addresses.slice(0, shown),
        of,
        ...(of > peers.length && { compared: peers.length }),
      },
    },
  )
}
