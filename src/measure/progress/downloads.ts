/** How a tracker's count of downloads changed while we looked (BEP 48): each completion that clients tell it of is one. */
import type { Earlier, Evidence } from "../../evidence.ts"

export interface DownloadsRise {
  url: string
  from: string
  to: string
  fromDownloads: number
  toDownloads: number
  /** Below zero when it counts anew. */
  rise: number
}

/** Of each tracker that gave a count at two times. An answer that was used again is as old as it is. */
export function downloadsRise(earlier: Earlier, trackers: Evidence["trackers"]): DownloadsRise[] {
  return trackers.flatMap(({ url, announces, scrape }) => {
    const before = earlier.trackers.filter((tracker) => tracker.url === url)
    const told = [
      ...before.flatMap(({ readings }) => readings),
      ...announces.filter(({ ok, reused }) => ok && !reused),
      ...(scrape?.ok && !announces.some(({ reused }) => reused) ? [scrape] : []),
    ]
      .flatMap(({ at, downloads }) => (downloads === null ? [] : [{ at, downloads }]))
      .toSorted((a, b) => (a.at < b.at ? -1 : 1))
    const [first, last] = [told[0], told.at(-1)]
    if (!first || !last || first.at === last.at) return []
    return [
      {
        url,
        from: first.at,
        to: last.at,
        fromDownloads: first.downloads,
        toDownloads: last.downloads,
        rise: last.downloads - first.downloads,
      },
    ]
  })
}
