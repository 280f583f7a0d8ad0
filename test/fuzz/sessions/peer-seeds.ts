/** Scripts to begin with: honest peers, and a few liars, as the bytes that make them. */

/** As `act` of peer-script.ts numbers them. */
const op = {
  hear: 0,
  wait: 1,
  longWait: 2,
  serve: 3,
  split: 4,
  again: 5,
  handshake: 10,
  extensionHandshake: 11,
  bitfield: 12,
  bare: 13,
  have: 14,
  placed: 15,
  piece: 16 + 27,
  extension: 17 + 27,
  pex: 18 + 27,
  metadata: 19,
  hashes: 20,
  holepunch: 21,
  begun: 22,
  haveAll: 23,
  unchoke: 24,
  raw: 25,
  keepAlive: 26,
} as const

/** With a zero after it. */
export const wholeWrites = op.split

const greeting = [op.handshake, 0, op.extensionHandshake, 0x0f, 1, 2, 3, 4, 0x0c, 245, 1, 0, 1]

/** Who is dialled hears our handshake first. With 8 in its first byte, a script's peer may be one that dials us. */
const begun = (cast: number): number[] => [cast, 1, ...(cast & 8 ? [] : [op.hear]), ...greeting]

export const diallingSeeds = (): Iterable<Uint8Array> => scriptsOf([8, 10, 11, 12])
export const peerSeeds = (): Iterable<Uint8Array> => scriptsOf([0, 2, 3, 4, 8, 12])

function* scriptsOf(casts: readonly number[]): Generator<Uint8Array> {
  for (const cast of casts) {
    const start = begun(cast)
    yield Uint8Array.from([...start, op.haveAll, op.serve, 1])
    yield Uint8Array.from([...start, op.haveAll, op.serve, 2])
    yield Uint8Array.from([
      ...start,
      op.bitfield,
      3,
      0xa0,
      op.serve,
      1,
      op.have,
      1,
      op.longWait,
      10,
      op.have,
      3,
    ])
    yield Uint8Array.from([...start, op.haveAll, op.serve, 5, op.pex, 3, 3, 1, 3, 2, 0, 1, 2, 0])
    yield Uint8Array.from([
      ...start,
      op.haveAll,
      op.unchoke,
      op.hear,
      op.placed,
      2,
      1,
      0,
      225,
      1,
      op.hashes,
      0,
      1,
    ])
    yield Uint8Array.from([...start, op.haveAll, op.serve, 4, op.holepunch, 1, 0, 0, 0, 0, 1])
    yield Uint8Array.from([...start, op.have, 2, op.again, 7, 200])
    yield Uint8Array.from([
      ...start,
      op.split,
      1,
      3,
      op.haveAll,
      op.keepAlive,
      op.again,
      1,
      0,
      op.begun,
      0,
      1,
      0,
      0,
    ])
    yield Uint8Array.from([cast, 0, op.raw, 20, ...Buffer.from("HTTP/1.1 400 Bad\r\n\r\n")])
  }
}
