/** Which branches an input went through, and about how often. */

/** More than the program has. */
const capacity = 1 << 17
const kinds = 8

/** One for each branch: how often it was taken since the last look, modulo 256. */
export const blocks = new Uint8Array(capacity)
const fourAtOnce = new Uint32Array(blocks.buffer)

/** Instrumented so far, in order of loading. */
export const modules: { file: string; first: number; count: number }[] = []
export const words = new Set<string>()

export const blockCount = (): number => {
  const last = modules.at(-1)
  return last ? last.first + last.count : 0
}

/** 1, 2, 3, 4–7, 8–15, 16–31, 32–127, 128–255 times. */
const kindOf = Uint8Array.from({ length: 256 }, (_, count) => {
  if (count < 4) return count - 1
  if (count < 8) return 3
  if (count < 16) return 4
  if (count < 32) return 5
  return count < 128 ? 6 : 7
})

export const maxFeatures = capacity * kinds
export const blockOf = (feature: number): number => Math.floor(feature / kinds)

export const forget = (): void => {
  blocks.fill(0, 0, blockCount())
}

/** Calls `found` with each feature since the last look: a branch together with a kind of count. Then forgets them. */
export function eachFeature(found: (feature: number) => void): void {
  const quarters = Math.ceil(blockCount() / 4)
  for (let quarter = 0; quarter < quarters; quarter++) {
    if (fourAtOnce[quarter] === 0) continue
    for (let block = quarter * 4; block < quarter * 4 + 4; block++) {
      const count = blocks[block] ?? 0
      if (count > 0) found(block * kinds + (kindOf[count] ?? 0))
    }
    fourAtOnce[quarter] = 0
  }
}
