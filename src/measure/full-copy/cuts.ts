/** Which bytes, with whom, keep a download busy longest: the minimum cuts of the flow from peers to pieces. */
import type { Estimate } from "../../evidence.ts"
import type { PieceGroup } from "./groups.ts"
import type { Supply } from "./supply.ts"
import { flowNetwork } from "./maximum-flow.ts"

/** Bytes that only these sources hold. */
export interface Cut {
  bytes: number
  supplies: readonly Supply[]
  /** What else they hold, at most. */
  otherBytes: number
}

export interface Source {
  supply: Supply
  /** Index of what it holds, as in `PieceGroup.holders`. */
  holding: number
}

/** `value` as things usually are, `low` with everything at its slow end. */
type End = "value" | "low"

const longestMs = 1e13
const leastMs = 0.001
const mostEnclosed = 64
const precision = 1e-6

/**
 * By max-flow min-cut, all bytes can be had by a time if, for every set of sources, what nobody else holds is no more than what
 * they can have sent. The sets that bind are found as Dinkelbach does: the flow up to the time that the worst set known needs
 * leaves some bytes behind; those, with their holders, are a worse set. Once as things usually are, once with every source at its
 * slow end, where other sets may bind; and for
 * each group of pieces with slow holders the bytes that they alone have.
 */
export function cutsOf(
  groups: readonly PieceGroup[],
  sources: readonly Source[],
  ceiling: Estimate | null,
): Cut[] {
  const cutOf = cutter(groups, sources)
  const network = networkOf(groups, sources, ceiling)
  const everything = cutOf(groups)
  const binding = (["value", "low"] as const).flatMap((end) => {
    const found: Cut[] = []
    for (let worst = everything, before = 0; ;) {
      const ms = when(worst.bytes, (time) => network.sentBy(worst.supplies, time, end))
      if (ms === null || ms <= before * (1 + precision)) return found
      const left = network.leftBehind(ms, end)
      if (left.length === 0) return found
      worst = cutOf(left)
      before = ms
      found.push(worst)
    }
  })
  const enclosed = slowest(groups, sources).map(({ holders }) => {
    const mine = new Set(holders)
    return cutOf(
      groups.filter((group) => group.holders.every((at) => mine.has(at))),
      mine,
    )
  })
  return [everything, ...binding, ...enclosed]
}

function cutter(groups: readonly PieceGroup[], sources: readonly Source[]) {
  const total = bytesOf(groups)
  const held: number[] = []
  for (const { bytes, holders } of groups) for (const at of holders) held[at] = (held[at] ?? 0) + bytes
  return (
    inside: readonly PieceGroup[],
    holders = new Set(inside.flatMap((group) => group.holders)),
  ): Cut => {
    const bytes = bytesOf(inside)
    let all = 0
    for (const at of holders) all += held[at] ?? 0
    return {
      bytes,
      supplies: sources.filter(({ holding }) => holders.has(holding)).map(({ supply }) => supply),
      otherBytes: Math.min(total, all) - bytes,
    }
  }
}

/** The groups whose holders give least together. */
function slowest(groups: readonly PieceGroup[], sources: readonly Source[]): PieceGroup[] {
  const rates: number[] = []
  for (const { holding, supply } of sources) rates[holding] = (rates[holding] ?? 0) + supply.rate.value
  return groups
    .map((group) => ({ group, rate: group.holders.reduce((sum, at) => sum + (rates[at] ?? 0), 0) }))
    .sort((a, b) => a.rate - b.rate)
    .slice(0, mostEnclosed)
    .map(({ group }) => group)
}

const bytesOf = (groups: readonly PieceGroup[]): number => groups.reduce((sum, { bytes }) => sum + bytes, 0)

/** In ms, of a rising amount of bytes; null: never. */
export function when(bytes: number, sent: (ms: number) => number): number | null {
  let high = 1_000
  while (sent(high) < bytes) {
    high *= 2
    if (high > longestMs) return null
  }
  let low = 0
  while (high - low > Math.max(leastMs, (precision / 10) * high)) {
    const middle = (low + high) / 2
    if (sent(middle) < bytes) low = middle
    else high = middle
  }
  return low === 0 ? 0 : high
}

/** Source → our link → uplinks → peers → what they hold → groups of pieces → sink. */
function networkOf(groups: readonly PieceGroup[], sources: readonly Source[], ceiling: Estimate | null) {
  const uplinks = [...new Set(sources.map(({ supply }) => supply.uplink).filter((uplink) => uplink !== null))]
  const nthUplink = new Map(uplinks.map((uplink, at) => [uplink, at]))
  const holdings = sources.reduce((most, { holding }) => Math.max(most, holding), -1) + 1
  const [start, link, end] = [0, 1, 2]
  const uplinkAt = 3
  const holdingAt = uplinkAt + uplinks.length
  const groupAt = holdingAt + holdings
  const flow = flowNetwork(groupAt + groups.length)
  const total = bytesOf(groups)
  const linkEdge = flow.edge(start, link, Infinity)
  const uplinkEdges = uplinks.map((_, at) => flow.edge(link, uplinkAt + at, 0))
  const sourceEdges = sources.map(({ supply: { uplink }, holding }) =>
    flow.edge(uplink === null ? link : uplinkAt + (nthUplink.get(uplink) ?? 0), holdingAt + holding, 0),
  )
  groups.forEach((group, at) => {
    for (const holding of group.holders) flow.edge(holdingAt + holding, groupAt + at, Infinity)
    flow.edge(groupAt + at, end, group.bytes)
  })

  const limit = (rate: Estimate | null, ms: number, at: End) => ((rate?.[at] ?? Infinity) * ms) / 1_000
  const sentBy = ({ rate, starts }: Supply, ms: number, at: End) =>
    limit(rate, Math.max(0, ms - (at === "value" ? starts.usual : starts.latest)), at)

  return {
    /** Together. */
    sentBy(supplies: readonly Supply[], ms: number, at: End): number {
      const byUplink = Map.groupBy(supplies, ({ uplink }) => uplink)
      const parts = [...byUplink].map(([uplink, members]) =>
        Math.min(
          limit(uplink, ms, at),
          members.reduce((sum, each) => sum + sentBy(each, ms, at), 0),
        ),
      )
      return Math.min(
        limit(ceiling, ms, at),
        parts.reduce((sum, part) => sum + part, 0),
      )
    },
    /** Groups that the best division of the work can't have finished by then. */
    leftBehind(ms: number, at: End): PieceGroup[] {
      flow.setCapacity(linkEdge, limit(ceiling, ms, at))
      uplinks.forEach((uplink, i) => flow.setCapacity(uplinkEdges[i] ?? 0, limit(uplink, ms, at)))
      sources.forEach(({ supply }, i) => flow.setCapacity(sourceEdges[i] ?? 0, sentBy(supply, ms, at)))
      if (flow.maximum(start, end) >= total * (1 - precision)) return []
      return groups.filter((_, i) => !flow.reached(groupAt + i))
    },
  }
}
