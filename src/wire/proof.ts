/** What tells whether the bytes of one fetch are right: the hash of the piece, the publisher's copy, or a BEP 52 Merkle proof. */
import type { Sample } from "../evidence.ts"
import { failure, type Failure } from "../failure.ts"
import { limits } from "../limits.ts"
import { hashAt, leafHash, merkleHashBytes, merkleRoot, sameHash } from "../torrent/merkle.ts"
import type { Reference } from "../torrent/reference.ts"
import {
  blockProofRequest,
  learnPieceRoots,
  pieceRoot,
  pieceRootRequest,
  pieceWidth,
  provesBlock,
  v2PieceLength,
  type V2Pieces,
} from "../torrent/v2-pieces.ts"
import { createAssembly } from "./assembly.ts"
import type { HashExchange } from "./hash-exchange.ts"

export interface Verdict {
  /** Null: there is no proof either way. */
  readonly verified: boolean | null
  readonly failure: Failure | null
}

export interface Proof {
  readonly kind: NonNullable<Sample["proof"]>
  /** Blocks that are held in memory. */
  readonly held: number
  /** The first request for what is to be proven left. */
  begin(): void
  /** True when that was the last block. What must last is copied. */
  add(block: number, bytes: Uint8Array): boolean
  /** Once all is there. Never rejects. */
  verdict(): Verdict | Promise<Verdict>
}

export interface Proofs {
  /** Of a whole piece. */
  piece(piece: number): Proof
  /** Whether single blocks can be proven just now: worth a try. */
  readonly provesBlocks: boolean
  /** Null: not possible for this one. Never rejects. */
  block(piece: number, block: number): Promise<Proof | null>
  /** Blocks of the piece that hold anything but filling. */
  blocksIn(piece: number): number
  /** Bytes of that block without what only fills a piece up (BEP 47); 0: there is no such block. */
  blockLength(piece: number, block: number): number
}

export interface ProofsOptions {
  /** 20 bytes per piece; none in a v2-only torrent. */
  pieceHashes: Uint8Array
  v2: V2Pieces | null
  reference: Reference | null
  /** Piece length in bytes. */
  lengthOf(piece: number): number
  /** The peer answers hash requests, as far as we know. */
  speaksV2(): boolean
  hashes: Pick<HashExchange, "ask" | "failed" | "distrust">
}

const { blockBytes } = limits.peer

/** For a part that nothing can prove: that it comes is all that is wanted. */
export const noProof: Proof = {
  kind: "piece",
  held: 0,
  begin() {},
  add: () => true,
  verdict: () => ({ verified: null, failure: null }),
}

const right: Verdict = { verified: true, failure: null }
const wrong: Verdict = { verified: false, failure: failure("hash-mismatch") }
const unproven = (why: Failure): Verdict => ({ verified: null, failure: why })
const judged = (isRight: boolean): Verdict => (isRight ? right : wrong)

export function createProofs(options: ProofsOptions): Proofs {
  const { pieceHashes, v2, reference, hashes } = options
  const mayAskHashes = () => v2 !== null && options.speaksV2() && !hashes.failed

  const payloadOf = (piece: number) => (v2 === null ? options.lengthOf(piece) : v2PieceLength(v2, piece))

  return {
    piece(piece) {
      const blocks = Math.ceil(options.lengthOf(piece) / blockBytes)
      return v2 !== null && pieceHashes.length === 0
        ? byPieceRoot(v2, piece, blocks, mayAskHashes() ? hashes : null)
        : byPieceHash(blocks, pieceHashes.subarray(20 * piece, 20 * piece + 20))
    },
    get provesBlocks() {
      return reference !== null || mayAskHashes()
    },
    async block(piece, block) {
      const bytes = lengthOfBlock(payloadOf(piece), block)
      const copy = (await reference?.block(piece, block * blockBytes, bytes)) ?? null
      if (reference !== null && copy !== null && copy.length === bytes) return byCopy(copy, piece, reference)
      return v2 !== null && mayAskHashes() ? byLeaf(v2, piece, block, hashes) : null
    },
    blocksIn: (piece) => Math.ceil(payloadOf(piece) / blockBytes),
    blockLength: (piece, block) => lengthOfBlock(payloadOf(piece), block),
  }
}

const lengthOfBlock = (pieceBytes: number, block: number): number =>
  Math.max(0, Math.min(blockBytes, pieceBytes - block * blockBytes))

/** BEP 3: the SHA-1 of the piece. */
function byPieceHash(blocks: number, expected: Uint8Array): Proof {
  const assembly = createAssembly(blocks, expected)
  return {
    kind: "piece",
    get held() {
      return assembly.held
    },
    begin() {},
    add: (block, bytes) => assembly.add(block, bytes),
    verdict: () => judged(assembly.verify()),
  }
}

/** BEP 52: the Merkle root of the piece; while it is unknown, the peer is asked for it and for the proof up to the file's root. */
function byPieceRoot(
  v2: V2Pieces,
  piece: number,
  blocks: number,
  hashes: Pick<HashExchange, "ask" | "distrust"> | null,
): Proof {
  const leaves = new Uint8Array(blocks * merkleHashBytes)
  let missing = blocks
  let learning: Promise<Failure | null> | null = null

  async function learn(): Promise<Failure | null> {
    const request = pieceRootRequest(v2, piece)
    if (request === null) return null
    if (hashes === null) return failure("bad-proof", "the peer gives no hashes")
    const answer = await hashes.ask(request)
    if (!answer.ok) return answer.failure
    if (learnPieceRoots(v2, piece, request, answer.value)) return null
    hashes.distrust()
    return failure("bad-proof", "hashes that do not lead to the root of the file")
  }

  const compared = (): Verdict | null => {
    const root = pieceRoot(v2, piece)
    return root && judged(sameHash(merkleRoot(leaves, pieceWidth(v2, piece)), root))
  }
  return {
    kind: "piece",
    held: 0,
    begin() {
      if (pieceRoot(v2, piece) === null) learning ??= learn()
    },
    add(block, bytes) {
      leaves.set(leafHash(bytes), block * merkleHashBytes)
      return --missing === 0
    },
    // Whoever else is asked may have told the root meanwhile.
    verdict: () =>
      compared() ?? (learning ?? learn()).then((why) => compared() ?? unproven(why ?? failure("bad-proof"))),
  }
}

/** The publisher's own copy of the block. It may have changed since it was read: nobody is wrong by that. */
function byCopy(copy: Uint8Array, piece: number, reference: Pick<Reference, "stillRight">): Proof {
  let isRight = false
  return {
    kind: "reference",
    held: 0,
    begin() {},
    add(_, bytes) {
      isRight = Buffer.compare(bytes, copy) === 0
      return true
    },
    verdict: () =>
      isRight
        ? right
        : reference
            .stillRight(piece)
            .then((still) => (still ? wrong : unproven(failure("bad-proof", changed)))),
  }
}
const changed = "the publisher's copy changed meanwhile"

/** BEP 52: the block's own leaf, with its neighbour and the uncles up to a root that is known. */
function byLeaf(
  v2: V2Pieces,
  piece: number,
  block: number,
  hashes: Pick<HashExchange, "ask" | "distrust">,
): Proof {
  const request = blockProofRequest(v2, piece, block)
  const at = { piece, block }
  let leaf: Uint8Array = new Uint8Array()
  let answer: ReturnType<HashExchange["ask"]> | null = null

  async function verdict(): Promise<Verdict> {
    if (request === null) return judged(provesBlock(v2, at, leaf, null))
    const answered = await (answer ?? hashes.ask(request))
    if (!answered.ok) return unproven(answered.failure)
    const proof = { range: request, hashes: answered.value }
    const given = hashAt(request, answered.value, leafIndex(v2, at))
    if (given && provesBlock(v2, at, given, proof)) return judged(sameHash(given, leaf))
    hashes.distrust()
    return unproven(failure("bad-proof", "hashes that do not lead to the root"))
  }

  return {
    kind: "merkle",
    held: 0,
    // After the request for the block itself: BEP 52 lets nobody reject it then.
    begin() {
      if (request !== null) answer ??= hashes.ask(request)
    },
    add(_, bytes) {
      leaf = leafHash(bytes)
      return true
    },
    verdict,
  }
}

/** Counted from the file's first block. */
const leafIndex = (v2: V2Pieces, { piece, block }: { piece: number; block: number }): number =>
  (piece - v2.fileOf(piece).firstPiece) * (v2.pieceBytes / blockBytes) + block
