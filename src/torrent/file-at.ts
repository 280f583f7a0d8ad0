/** Of files that begin at piece boundaries, in the order of their pieces: the last one that begins at or before `piece`. */
export function fileAt<F extends { readonly firstPiece: number }>(
  files: readonly F[],
  piece: number,
): F | undefined {
  let low = 0
  let high = files.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((files[middle]?.firstPiece ?? Infinity) <= piece) low = middle + 1
    else high = middle
  }
  return files[low - 1]
}
