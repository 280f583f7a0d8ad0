import type { Peer, Sample } from "../evidence.ts"

/** Who else sent it right, by address: without them the torrent's hashes, or we, may be wrong. */
export interface Witnesses {
  /** All of the piece, or a part. */
  ofPiece(piece: number, besides: Peer): string[]
  /** The same bytes: the same block, or the whole piece. */
  ofSample(sample: Pick<Sample, "piece" | "offset">, besides: Peer): string[]
}

interface Right {
  readonly by: string
  readonly offset: number | null
}

export function witnessesAmong(peers: readonly Peer[]): Witnesses {
  const right = new Map<number, Right[]>()
  for (const { address, samples } of peers) {
    for (const { piece, offset = null, verified } of samples) {
      if (verified !== true) continue
      const known = right.get(piece) ?? []
      right.set(piece, known)
      known.push({ by: address, offset })
    }
  }
  const others = (found: readonly Right[], { address }: Peer) => [
    ...new Set(found.map(({ by }) => by).filter((by) => by !== address)),
  ]
  return {
    ofPiece: (piece, besides) => others(right.get(piece) ?? [], besides),
    ofSample: ({ piece, offset }, besides) =>
      others(
        (right.get(piece) ?? []).filter((each) => each.offset === null || each.offset === offset),
        besides,
      ),
  }
}
