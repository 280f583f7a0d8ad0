import type { Endpoint, Estimate, Evidence } from "../evidence.ts"
import { pieceLength } from "../torrent/piece-length.ts"
import { cutsOf, when, type Cut } from "./full-copy/cuts.ts"
import { pieceGroups, type PieceGroup } from "./full-copy/groups.ts"
import { startsOf } from "./full-copy/starts.ts"
import { sentBy, type Supply } from "./full-copy/supply.ts"
import { holdingsOf } from "./holdings.ts"
import { membershipOf, type Member } from "./members.ts"
import { rateOf } from "./rates.ts"

/** What peers share: an uplink of theirs, and our own link. */
export interface FullCopyBounds {
  groups: readonly { addresses: readonly Endpoint[]; rate: Estimate }[]
  ceiling: Estimate | null
}

/** Few enough for a flow in milliseconds. */
const mostPairs = 8_000

/**
 * ms before a client asks anybody. libtorrent and qBittorrent 0.1 s, but 5 s for peers without uTP, which they try first;
 * aria2 2.1 s; Transmission 11–12 s: it says that it is interested only every 10 s.
 */
const ownStart = { usual: 2_000, most: 12_500 }

/**
 * Pieces' worth of each source's time. `first`: taken where others could have given them, before the rarest are known:
 * libtorrent's family lost 4–7 that way, Transmission 3, aria2 none. `last`: blocks asked of several at the end.
 */
const wasted = { usual: { first: 1, last: 0.1 }, most: { first: 6, last: 0.5 } }

/**
 * How long an ordinary client that is started here with nothing takes for everything, in ms: its own start, the best division of the
 * work among the measured peers, and what it wastes.
 *
 *   T = own start + max over sets of peers (time until they can have sent what nobody else holds + waste)
 *
 * The inner time is max-flow min-cut with late starts (`cutsOf`), of Σ rate · (t − start) under shared uplinks and our own
 * link's ceiling (`sentBy`: errors in quadrature, their common 2% not). `value` takes each at its usual, the ends at 95% of
 * rates and starts, `high` with the most of own start and waste, `low` with none. Where too many pieces are held each in its
 * own way, some stand for others: that cost up to 3% in simulations.
 *
 * Assumes that measured peers go on granting what they granted over TCP. Peers that were reached and not measured (they
 * choked us, or the budget ended) count for nothing in `value` and `high`; in `low`, as a client with something to offer
 * may fare better, for as much as a measured one on average, and leechers seen to gain pieces for holding all. Not counted: who
 * was never reached, and peers that leave. No upper end when nobody measured holds some piece, no lower one when a cap of ours
 * held back those who decide. Null when a piece is missing or nothing was measured.
 *
 * Real clients in the lab: 30 of 32 downloads (18–73 s, eight swarms) inside, high/low 1.5–2.3; the allowances were set on
 * the same ones. Outside, and not to be seen from here: aria2 asks Transmission for so little at a time that it gets
 * 200 KiB/s of each; one libtorrent lost its fastest peer for 38 s. Transmission 3.00 over uTP is left out: it stalled for
 * 30–70 s before its first piece.
 */
export function fullCopyMs(
  evidence: Pick<Evidence, "run" | "torrent" | "peers">,
  bounds: FullCopyBounds = { groups: [], ceiling: null },
): Estimate | null {
  const holdings = holdingsOf(evidence)
  if (!holdings || holdings.rarest === 0) return null
  const { reached } = membershipOf(evidence)
  const sources = sourcesOf(evidence, reached, bounds)
  if (sources.length === 0) return null

  const { groups, whole } = groupsOf(evidence, sources)
  const { ceiling } = bounds
  const cuts = cutsOf(groups, sources, ceiling)
  const { pieceBytes } = evidence.torrent
  const wasteMs = ({ supplies, otherBytes }: Cut, { first, last }: { first: number; last: number }) => {
    const each = pieceBytes * supplies.length
    const bytes = Math.min(first * each, otherBytes) + last * each
    return (1_000 * bytes) / sum(supplies.map(({ rate }) => rate.value))
  }
  const others = othersOf(reached, sources, pieceBytes)

  const value = longest(
    cuts,
    (cut, ms) => sentBy(cut.supplies, ms, ceiling).value,
    (cut) => wasteMs(cut, wasted.usual),
  )
  const high = longest(
    cuts,
    (cut, ms) => sentBy(cut.supplies, ms, ceiling).low,
    (cut) => wasteMs(cut, wasted.most),
  )
  const besides = new Map(
    cuts.map(({ supplies }) => {
      const own = new Set(supplies)
      return [supplies, others.filter(({ supply }) => supply === null || !own.has(supply))]
    }),
  )
  const low = longest(
    cuts,
    ({ supplies }, ms) => {
      const more = (besides.get(supplies) ?? []).map(({ bytesPerMs, mostBytes }) =>
        Math.min(mostBytes, bytesPerMs * ms),
      )
      const all = sentBy(supplies, ms, ceiling).high + sum(more)
      return Math.min(all, ((ceiling?.high ?? Infinity) * ms) / 1_000)
    },
    () => 0,
  )
  return {
    value: value + ownStart.usual,
    low,
    high: whole && Number.isFinite(high) ? high + ownStart.most : null,
    n: sources.length,
    confidence: 0.95,
    censored: sources.some(({ supply }) => supply.rate.censored),
  }
}

function longest(
  cuts: readonly Cut[],
  sent: (cut: Cut, ms: number) => number,
  extra: (cut: Cut) => number,
): number {
  let most = 0
  for (const cut of cuts) {
    const more = extra(cut)
    if (most > more && sent(cut, most - more) >= cut.bytes) continue
    most = Math.max(most, (when(cut.bytes, (ms) => sent(cut, ms)) ?? Infinity) + more)
  }
  return most
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

interface Measured {
  member: Member
  supply: Supply
  holding: number
}

/** What an uplink carries; the first of them counts. */
interface Nth {
  nth: number
  rate: Estimate
}

function sourcesOf(
  { run, peers }: Pick<Evidence, "run" | "peers">,
  reached: readonly Member[],
  { groups }: FullCopyBounds,
): Measured[] {
  const holdings = new Map<string | null, number>()
  const uplinks = new Map<Endpoint, Nth>()
  for (const [nth, { addresses, rate }] of groups.entries())
    for (const address of addresses) if (!uplinks.has(address)) uplinks.set(address, { nth, rate })
  return reached.flatMap((member) => {
    const { peer, have } = member
    const rate = rateOf(peer)
    if (rate === null || rate.value <= 0 || have === 0) return []
    const holding = holdings.get(peer.bitfield) ?? holdings.size
    holdings.set(peer.bitfield, holding)
    const [uplink] = [peer.address, ...peer.alsoAt]
      .flatMap((address) => uplinks.get(address) ?? [])
      .toSorted((a, b) => a.nth - b.nth)
    const starts = startsOf(peer, run.startedAt, peers.length)
    return [{ member, supply: { rate, starts, uplink: uplink?.rate ?? null }, holding }]
  })
}

function groupsOf({ torrent }: Pick<Evidence, "torrent">, sources: readonly Measured[]) {
  const { pieceCount } = torrent
  const holdings: Uint8Array[] = []
  const rates: number[] = []
  for (const { holding, member, supply } of sources) {
    holdings[holding] = member.bits
    rates[holding] = (rates[holding] ?? 0) + supply.rate.value
  }
  const groups = pieceGroups({
    pieceCount,
    bytesOf: (piece) => pieceLength(torrent, piece),
    holdings,
    rates,
    mostPairs,
  })
  const anybody = [...holdings.keys()]
  return {
    groups: groups.map((group): PieceGroup =>
      group.holders.length === 0 ? { ...group, holders: anybody } : group,
    ),
    whole: groups.every(({ holders }) => holders.length > 0),
  }
}

/** Who may bring more than what was measured of them. */
interface Other {
  /** Null: not measured. */
  supply: Supply | null
  bytesPerMs: number
  mostBytes: number
}

function othersOf(reached: readonly Member[], sources: readonly Measured[], pieceBytes: number): Other[] {
  const mean = sum(sources.map(({ supply }) => supply.rate.value)) / sources.length / 1_000
  const measured = new Map(sources.map(({ member, supply }) => [member, supply]))
  return reached.flatMap((member): Other[] => {
    const { peer, have } = member
    const supply = measured.get(member) ?? null
    const grows = (peer.haveEvents.at(-1)?.count ?? 0) > (peer.haveEvents[0]?.count ?? 0)
    const mostBytes = grows ? Infinity : have * pieceBytes
    if (supply !== null)
      return grows ? [{ supply, bytesPerMs: (supply.rate.high ?? Infinity) / 1_000, mostBytes }] : []
    const wrong = peer.samples.some(({ verified }) => verified === false)
    return wrong || mostBytes === 0 ? [] : [{ supply, bytesPerMs: mean, mostBytes }]
  })
}
