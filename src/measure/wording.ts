/** Numbers as people read them. */

export const counted = (n: number, noun: string, nouns = `${noun}s`): string =>
  `${n} ${n === 1 ? noun : nouns}`

export const countedIfKnown = (n: number | null, noun: string): string | null =>
  n === null ? null : counted(n, noun)

/** Rounded down, so that 100% means all. */
export const percent = (ratio: number): string => `${Math.floor(ratio * 100)}%`

const KiB = 1024

/** "1.5 MiB/s". */
export function perSecond(bytesPerSecond: number): string {
  const kibibytes = bytesPerSecond / KiB
  return kibibytes < KiB ? `${Math.round(kibibytes)} KiB/s` : `${(kibibytes / KiB).toFixed(1)} MiB/s`
}

/** "120 KiB", "1.5 MiB", "12.0 GiB". */
export function sized(bytes: number): string {
  const kibibytes = bytes / KiB
  if (kibibytes < KiB) return bytes < KiB ? `${Math.round(bytes)} bytes` : `${Math.round(kibibytes)} KiB`
  const mebibytes = kibibytes / KiB
  return mebibytes < KiB ? `${mebibytes.toFixed(1)} MiB` : `${(mebibytes / KiB).toFixed(1)} GiB`
}

/** "40 s", "12 min", "3 h", "5 days": rounded down. */
export function lasting(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} days`
}

/** "a, b and 3 more". */
export function listed(names: readonly (string | number)[], most: number): string {
  if (names.length <= most) return names.join(", ")
  return `${names.slice(0, most).join(", ")} and ${names.length - most} more`
}

/** "a; b; c": a sentence and what stands against reading more into it. */
export const andWhy = (sentence: string, doubts: readonly string[]): string =>
  [sentence, ...doubts].join("; ")

/** Piece numbers with runs as ranges: "3, 7–9". */
export function ranges(pieces: readonly number[], most: number): string {
  const runs: [number, number][] = []
  for (const piece of pieces) {
    const last = runs.at(-1)
    if (last && piece === last[1] + 1) last[1] = piece
    else runs.push([piece, piece])
  }
  return listed(
    runs.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)),
    most,
  )
}
