/** Which countries and networks the peers are in, as `--mmdb` has it; with -v. */
import type { Place } from "../evidence.ts"
import type { Snapshot } from "../report.ts"
import type { Page } from "./page.ts"
import { fit, wrap } from "./text.ts"
import { plural } from "./units.ts"

const mostShown = 6
const longestName = 32
const labelColumns = 13

export function placeLines({ peers }: Snapshot, page: Page): string[] {
  if (!page.verbose) return []
  const places = peers.flatMap(({ place, outcome }) =>
    place === undefined || outcome === "self" ? [] : [place],
  )
  if (places.length === 0) return []
  const of = peers.filter(({ outcome }) => outcome !== "self").length
  return [
    `${page.paint.bold("PLACES")}  ${places.length === of ? `all ${plural(of, "peer")}` : `${places.length} of ${plural(of, "peer")}`}`,
    ...row("countries", places, ({ country }) => country, page),
    ...row("networks", places, (place) => networkOf(place, page), page),
  ]
}

function networkOf({ asn, network }: Place, page: Page): string | null {
  const name = network === null ? "" : fit(page.text(network), longestName, page.symbols.ellipsis)
  return [asn === null ? "" : `AS${asn}`, name].filter(Boolean).join(" ") || null
}

/** The most frequent first, those alike by name, so that two runs can be compared. */
function row(
  label: string,
  places: readonly Place[],
  nameOf: (place: Place) => string | null,
  page: Page,
): string[] {
  const counts = new Map<string, number>()
  for (const place of places) {
    const name = nameOf(place)
    if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  if (counts.size === 0) return []
  const sorted = [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  const shown = sorted.slice(0, mostShown).map(([name, count]) => `${name} ${count}`)
  const rest = sorted.slice(mostShown).reduce((sum, [, count]) => sum + count, 0)
  if (rest > 0) shown.push(`${plural(sorted.length - mostShown, "other")} ${rest}`)
  const lines = wrap(shown.join(", "), page.columns - labelColumns)
  return lines.map((line, at) => (at === 0 ? `  ${label}` : "").padEnd(labelColumns) + line)
}
