/** What leechers receive, and what that amounts to. */
import type { Snapshot } from "../report.ts"
import type { Page } from "./page.ts"
import { wrap } from "./text.ts"
import { bound, interval, plural, rateUnit, short } from "./units.ts"

export function downloadLines({ swarm }: Snapshot, page: Page): string[] {
  const { downloads, completionsPerHour } = swarm
  if (downloads === undefined) return []
  const { measured, leechers, bytesPerSecond: rate, grantedBytesPerSecond: granted } = downloads
  const unit = rateUnit(Math.max(rate.value, rate.high ?? 0))
  const of = measured === leechers ? plural(measured, "leecher") : `${measured} of ${leechers} leechers`
  const together = measured > 1 ? " together" : ""
  if (rate.value === 0) {
    const most = rate.high === null ? "" : ` (at most ${rated(rate.high)}${together})`
    return wrap(`By their HAVEs ${of} downloaded nothing while we watched${most}`, page.columns)
  }
  const gets = measured === 1 && leechers === 1 ? "downloads" : "download"
  const range = interval(rate, unit.bytes, page.symbols)
  const total = `${short(rate.value / unit.bytes)} ${unit.name}${together} (${range})`
  const copies = completionsPerHour
    ? `, ${bound(completionsPerHour, 1, page.symbols)} copies an hour (${interval(completionsPerHour, 1, page.symbols)})`
    : ""
  const beside = granted === null ? "" : `; seeders granted us ${rated(granted)}`
  return wrap(`By their HAVEs ${of} ${gets} ${total}${copies}${beside}`, page.columns)
}

function rated(bytesPerSecond: number): string {
  const unit = rateUnit(bytesPerSecond)
  return `${short(bytesPerSecond / unit.bytes)} ${unit.name}`
}
