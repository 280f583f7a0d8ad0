/** What every message is like, whatever it says: ids and lengths of BEP 3, 5, 6 and 10; those of BEP 52 stand in hash-messages. */

export const messageIds = { bitfield: 5, request: 6, piece: 7, cancel: 8, extended: 20 }

/** Lengths with the id byte; the library reads missing bytes as zeros. */
const exactLengths = new Map([
  [0, 1],
  [1, 1],
  [2, 1],
  [3, 1],
  [4, 5],
  [6, 13],
  [8, 13],
  [9, 3],
  [13, 5],
  [14, 1],
  [15, 1],
  [16, 13],
  [17, 5],
])
const leastLengths = new Map([
  [7, 9],
  [20, 2],
])

/** have-all and have-none; a bitfield has no exact length. */
const claimIds = new Set([14, 15])
/** Not so extension messages, which may come at any time (BEP 10), nor what we don't know. */
export const isPastClaim = (id: number): boolean =>
  (exactLengths.has(id) || id === messageIds.piece) && !claimIds.has(id)

/** `bytes` with the id. */
export function hasRightLength(id: number, bytes: number): boolean {
  const exact = exactLengths.get(id)
  return (exact === undefined || bytes === exact) && bytes >= (leastLengths.get(id) ?? 1)
}
