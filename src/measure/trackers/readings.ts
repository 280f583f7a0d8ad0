import type { Evidence, Tracker } from "../../evidence.ts"
import { once } from "../once.ts"
import { drawsOf } from "./draws.ts"

/** One answer of a tracker with counts, of this run or an earlier one. */
export interface Reading {
  at: string
  atMs: number
  by: "announce" | "scrape"
  seeders: number | null
  leechers: number | null
  downloads: number | null
  /** How often `leechers` counts us. */
  selfCount: number
  minIntervalMs: number | null
  /** Over which family it was asked; null: not known. */
  family: string | null
  /** Whom it named, if nobody of them is missing in the record. */
  listed: ReadonlySet<string> | null
  /** Of this run. */
  fresh: boolean
}

type Seen = Pick<Evidence, "trackers" | "peers"> & Partial<Pick<Evidence, "earlier">>

/** What each tracker answered, oldest first, in the order of the trackers. Answers to `stopped`, which name nobody, are left out. */
export const readingsOf = once(["trackers", "peers", "earlier"], readReadings)

function readReadings({ trackers, peers, earlier }: Seen): Reading[][] {
  const draws = drawsOf({ trackers, peers })
  return trackers.map(({ url, families, announces, scrape }, i) => {
    const before = (earlier?.trackers ?? [])
      .filter((tracker) => tracker.url === url)
      .flatMap(({ readings }) => readings)
      .filter(({ by, listed }) => by === "scrape" || listed === null || listed.length > 0)
      .map((reading): Reading => ({
        ...reading,
        atMs: Date.parse(reading.at),
        family: families.length === 1 ? (families[0] ?? null) : null,
        listed: reading.listed && new Set(reading.listed),
        fresh: false,
      }))
    const lists = new Map(draws[i]?.map((draw) => [draw.at, draw.complete ? draw.peers : null]))
    const made = announces
      .filter(({ ok, event, reused }) => ok && event !== "stopped" && !reused)
      .map((announce): Reading => ({
        at: announce.at,
        atMs: Date.parse(announce.at),
        by: "announce",
        seeders: announce.seeders,
        leechers: announce.leechers,
        downloads: announce.downloads,
        selfCount: announce.selfCount,
        minIntervalMs: announce.minIntervalMs,
        family: announce.family,
        listed: lists.get(announce.at) ?? null,
        fresh: true,
      }))
    // A scrape in the record of a run that reused an answer was asked then.
    const asked = scrape?.ok && !announces.some(({ reused }) => reused) ? [scrape] : []
    const scraped = asked.map(({ at, seeders, leechers, downloads, selfCount }): Reading => ({
      at,
      atMs: Date.parse(at),
      by: "scrape",
      seeders,
      leechers,
      downloads,
      selfCount,
      minIntervalMs: null,
      family: null,
      listed: null,
      fresh: true,
    }))
    const known = new Set(made.map(({ at }) => at))
    return [...before.filter(({ at }) => !known.has(at)), ...made, ...scraped].toSorted(
      (a, b) => a.atMs - b.atMs,
    )
  })
}

const [leastKeptMs, mostKeptMs] = [60_000, 1_800_000]

/**
 * A reply's counts may be so much older than it: trackers keep them in caches and make them anew by a timer. Hardly for longer than the
 * interval at which clients are to announce; for a minute in any case.
 */
export function keptMs(tracker: Tracker | undefined): number {
  const announces = tracker?.announces ?? []
  return Math.min(
    mostKeptMs,
    announces.reduce((longest, { intervalMs }) => Math.max(longest, intervalMs ?? 0), leastKeptMs),
  )
}

/** Peers that it claims, ourselves not counted; null: not both counts. */
export const claimedIn = ({
  seeders,
  leechers,
  selfCount,
}: Pick<Reading, "seeders" | "leechers" | "selfCount">): number | null =>
  seeders === null || leechers === null ? null : seeders + Math.max(0, leechers - selfCount)

export type ByFamily = ReadonlyMap<string, ReadonlySet<string>>

/** Whom it named, by the family of their addresses: BEP 7 lets one reply carry both. Where redaction took it, as it was `asked`. */
export function byFamily(listed: ReadonlySet<string>, asked: string): ByFamily {
  const families = new Map<string, Set<string>>()
  for (const address of listed) {
    const family = address.startsWith("~") ? asked : isIPv6(address) ? "ipv6" : "ipv4"
    const known = families.get(family)
    if (known) known.add(address)
    else families.set(family, new Set([address]))
  }
  return families
}

/** In brackets, or shortened by redaction without them: more than the colon before its port. */
const isIPv6 = (address: string): boolean => address.indexOf(":") !== address.lastIndexOf(":")

/** In both. */
export function inCommon(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  let common = 0
  for (const each of one) if (other.has(each)) common++
  return common
}
