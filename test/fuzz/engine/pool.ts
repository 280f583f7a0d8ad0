/** The inputs worth mutating: of each feature the shortest input that shows it. */
import { blockOf, eachFeature, maxFeatures } from "./coverage.ts"
import type { Random } from "./random.ts"

export interface Entry {
  bytes: Uint8Array
  /** Features of which it is the shortest known. */
  owned: number
}

export interface Pool {
  readonly entries: readonly Entry[]
  /** After a run with `bytes`: keeps them where they show something new, or something known with fewer bytes. Returns whether anything was new. */
  offer(bytes: Uint8Array): boolean
  pick(random: Random): Uint8Array
  features(): number
  /** Numbers of the branches that any input took. */
  covered(): Set<number>
  /** A few entries that show the most for their length: branches that the others don't take count more than features. */
  chosen(within: Bounds): Uint8Array[]
}

export interface Bounds {
  files: number
  fileBytes: number
  /** Of all of them. */
  bytes: number
}

interface Owned {
  blocks: Set<number>
  features: number
}

export function createPool(): Pool {
  const owners: (Entry | undefined)[] = Array.from({ length: 0 })
  const seen = new Uint8Array(maxFeatures)
  let features = 0
  let entries: Entry[] = []
  let dead = 0

  const claim = (feature: number, entry: Entry) => {
    const before = owners[feature]
    if (before && --before.owned === 0) dead++
    owners[feature] = entry
    entry.owned++
  }

  return {
    get entries() {
      return entries
    },
    offer(bytes) {
      const claimed: number[] = []
      let fresh = 0
      eachFeature((feature) => {
        if (seen[feature] === 0) {
          seen[feature] = 1
          fresh++
          claimed.push(feature)
        } else if (bytes.length < (owners[feature]?.bytes.length ?? 0)) claimed.push(feature)
      })
      if (claimed.length === 0) return false
      features += fresh
      const entry: Entry = { bytes: bytes.slice(), owned: 0 }
      for (const feature of claimed) claim(feature, entry)
      entries.push(entry)
      if (dead * 4 > entries.length) {
        entries = entries.filter(({ owned }) => owned > 0)
        dead = 0
      }
      return fresh > 0
    },
    pick(random) {
      const newest = Math.max(1, Math.floor(entries.length / 4))
      const isRecent = random.below(3) === 0
      const at = isRecent ? entries.length - 1 - random.below(newest) : random.below(entries.length)
      return entries[at]?.bytes ?? new Uint8Array()
    },
    features: () => features,
    covered() {
      const covered = new Set<number>()
      seen.forEach((is, feature) => is && covered.add(blockOf(feature)))
      return covered
    },
    chosen(within) {
      const owned = new Map<Entry, Owned>()
      owners.forEach((entry, feature) => {
        if (!entry || entry.bytes.length > within.fileBytes) return
        const of = owned.get(entry) ?? { blocks: new Set(), features: 0 }
        of.blocks.add(blockOf(feature))
        of.features++
        owned.set(entry, of)
      })
      const taken = new Set<number>()
      const chosen: Uint8Array[] = []
      let left = within.bytes
      const worth = ([{ bytes }, of]: [Entry, Owned]) => {
        const fresh = of.blocks.size - [...of.blocks].filter((block) => taken.has(block)).length
        return (fresh * 50 + of.features) / (64 + bytes.length)
      }
      for (let turn = 0; turn < within.files && owned.size > 0; turn++) {
        const [best] = [...owned].toSorted((one, other) => worth(other) - worth(one))
        if (!best || best[0].bytes.length > left) break
        const [entry, of] = best
        owned.delete(entry)
        of.blocks.forEach((block) => taken.add(block))
        chosen.push(entry.bytes)
        left -= entry.bytes.length
      }
      return chosen
    },
  }
}
