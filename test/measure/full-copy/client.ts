/** A simulated client that downloads a torrent, block by block: rarest first, whole pieces from one peer, endgame at the end. */

export const blocksPerPiece = 16

export interface SimulatedPeer {
  /** Blocks per second. */
  rate: number
  /** When it begins to serve, in ms. */
  startMs: number
  holds: (piece: number) => boolean
}

interface Options {
  peers: readonly SimulatedPeer[]
  pieceCount: number
  /** Until so many pieces are whole it takes any, as libtorrent does. */
  randomPieces: number
  random: () => number
}

/** In ms; Infinity when some piece is nowhere. */
export function downloadMs({ peers, pieceCount, randomPieces, random }: Options): number {
  const missing = Array.from({ length: pieceCount }, () => blocksPerPiece)
  const got = Array.from({ length: pieceCount }, () => new Uint8Array(blocksPerPiece))
  const asked = Array.from({ length: pieceCount }, () => new Uint8Array(blocksPerPiece))
  const fresh = new Set(Array.from({ length: pieceCount }, (_, piece) => piece))
  const copies = missing.map((_, piece) => peers.filter((peer) => peer.holds(piece)).length)
  const workers = peers.map((peer) => ({ peer, piece: -1, block: -1, atMs: peer.startMs }))
  let whole = 0

  function freshPiece(peer: SimulatedPeer): number {
    let best = -1
    let least = Infinity
    for (const piece of fresh) {
      if (!peer.holds(piece)) continue
      const rank = (whole < randomPieces ? 0 : (copies[piece] ?? 0)) + random()
      if (rank < least) [best, least] = [piece, rank]
    }
    fresh.delete(best)
    return best
  }

  /** A block that nobody was asked for, else one that somebody else has not brought yet. */
  function endgamePiece(peer: SimulatedPeer): number {
    let best = -1
    let most = -1
    for (let piece = 0; piece < pieceCount; piece++) {
      if ((missing[piece] ?? 0) === 0 || !peer.holds(piece)) continue
      const open = asked[piece]?.filter((is) => is === 0).length ?? 0
      if (open + random() / 2 > most) [best, most] = [piece, open + random() / 2]
    }
    return best
  }

  const nextBlock = (piece: number) => asked[piece]?.indexOf(0) ?? -1

  function lateBlock(piece: number): number {
    const late = [...(got[piece] ?? [])].flatMap((is, block) => (is === 0 ? [block] : []))
    return late[Math.floor(random() * late.length)] ?? -1
  }

  for (;;) {
    let worker = workers[0]
    for (const each of workers) if (worker === undefined || each.atMs < worker.atMs) worker = each
    if (worker === undefined || worker.atMs === Infinity) return Infinity
    const { peer, atMs } = worker
    const finished = got[worker.piece]
    if (finished && worker.block >= 0 && finished[worker.block] === 0) {
      finished[worker.block] = 1
      missing[worker.piece] = (missing[worker.piece] ?? 0) - 1
      for (const other of workers) {
        const same = other !== worker && other.piece === worker.piece && other.block === worker.block
        if (same) Object.assign(other, { block: -1, atMs })
      }
      if (missing[worker.piece] === 0 && ++whole === pieceCount) return atMs
    }
    let block = worker.piece < 0 ? -1 : nextBlock(worker.piece)
    if (block < 0) {
      worker.piece = freshPiece(peer)
      if (worker.piece < 0) worker.piece = endgamePiece(peer)
      if (worker.piece < 0) {
        worker.atMs = Infinity
        continue
      }
      block = nextBlock(worker.piece)
      if (block < 0) block = lateBlock(worker.piece)
    }
    const marks = asked[worker.piece]
    if (marks) marks[block] = 1
    worker.block = block
    worker.atMs = atMs + 1_000 / peer.rate
  }
}
