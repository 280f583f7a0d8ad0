/** Swarms of very many peers, each at an address of its own in 127.0.0.0/8 and all at one port: who is who, and who holds what. */
import { clients } from "../../src/demo/identity.ts"
import { share } from "../../src/demo/holdings.ts"
import { fullBitfield } from "../../src/torrent/bitfield.ts"
import { createPayload, type Payload } from "../../src/demo/payload.ts"

const KiB = 1_024

export interface Shape {
  readonly torrents: number
  /** Of each torrent. */
  readonly peers: number
  readonly pieces: number
  /** Until a peer says what it holds: so long its socket stays open. */
  readonly holdMs: number
  /** Every fourth peer lacks half of the pieces. */
  readonly leechers: boolean
}

export const pieceBytes = 16 * KiB

export const payloadOf = (torrent: number, { pieces }: Pick<Shape, "pieces">): Payload =>
  createPayload({
    name: `crowd ${torrent}`,
    seed: torrent + 1,
    pieceBytes,
    files: [{ path: ["crowd.bin"], sizeBytes: pieces * pieceBytes }],
  })

const firstHost = 0x7f_01_00_01

/** Of peer `n` of all torrents together. */
export const hostOf = (n: number): string =>
  [24, 16, 8, 0].map((shift) => ((firstHost + n) >>> shift) & 0xff).join(".")

export function numberOf(host: string): number {
  const bytes = host.split(".").map(Number)
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0) - firstHost
}

const families = Object.values(clients)

export const clientOf = (n: number): (typeof families)[number] =>
  families[n % families.length] ?? clients.deluge

/** BEP 3 bit order. */
export const holdingsOf = (
  n: number,
  { pieces, leechers }: Pick<Shape, "pieces" | "leechers">,
): Uint8Array => (leechers && n % 4 === 3 ? share(pieces, 0.5, n) : fullBitfield(pieces))
