import type { Peer, Sample } from "../evidence.ts"

/** Who else sent it right, by address: without them the torrent's hashes, or we, may be wrong. */
export interface Witnesses {
  /** All of the piece, or a part; the first ones, so many at most. */
  ofPiece(piece: number, besides: Peer, most?: number): string[]
  /** The same bytes: the same block, or the whole piece. */
  ofSample(sample: Pick<Sample, "piece" | "offset">, besides: Peer, most?: number): string[]
}

interface Right {
  readonly by: string
  /** Which sample of all: the first to send it right comes first. */
  readonly nth: number
}

interface RightOf {
  readonly any: Right[]
  readonly whole: Right[]
  /** By the offset of a block. */
  readonly blocks: Map<number, Right[]>
}

/** A row for a reader to check. */
const shown = 3

export function witnessesAmong(peers: readonly Peer[]): Witnesses {
  const right = new Map<number, RightOf>()
  let nth = 0
  for (const { address, samples } of peers) {
    for (const { piece, offset, verified } of samples) {
      if (verified !== true) continue
      const one = { by: address, nth: nth++ }
      let known = right.get(piece)
      if (!known) right.set(piece, (known = { any: [], whole: [], blocks: new Map() }))
      known.any.push(one)
      if (offset === undefined) known.whole.push(one)
      else push(known.blocks, offset, one)
    }
  }
  return {
    ofPiece: (piece, besides, most = shown) => first(most, besides, right.get(piece)?.any ?? []),
    ofSample({ piece, offset }, besides, most = shown) {
      const { whole = [], blocks } = right.get(piece) ?? {}
      const same = offset === undefined ? [] : (blocks?.get(offset) ?? [])
      return first(most, besides, whole, same)
    },
  }
}

function push(blocks: Map<number, Right[]>, offset: number, one: Right): void {
  const known = blocks.get(offset)
  if (known) known.push(one)
  else blocks.set(offset, [one])
}

/** Of two lists, each in order. */
function first(
  most: number,
  { address }: Peer,
  some: readonly Right[],
  others: readonly Right[] = [],
): string[] {
  const found = new Set<string>()
  for (let i = 0, j = 0; found.size < most;) {
    const [one, other] = [some[i], others[j]]
    const next = one && (!other || one.nth < other.nth) ? one : other
    if (!next) break
    if (next === one) i++
    else j++
    if (next.by !== address) found.add(next.by)
  }
  return [...found]
}
