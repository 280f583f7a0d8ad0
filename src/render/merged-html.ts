/** Audits from several places as one HTML file, of the same parts as the report of one. */
import type { Merged } from "../report/merged.ts"
import { pageOf } from "./html/sections-page.ts"
import { findings } from "./html/findings.ts"
import { nameOf, statusSymbols } from "./html/head.ts"
import { mergedHead } from "./html/merged-head.ts"
import { mergedMethod, mergedPeers, places, told } from "./html/merged-sections.ts"
import { namedPlaces } from "./merged/tables.ts"

/** Pure: the same document gives the same bytes. `commandLine`: how it was called. */
export function renderMergedHtml(merged: Merged, commandLine: string | null): string {
  const { status } = merged.verdict
  const version = merged.tool.version.slice(0, 40)
  return pageOf({
    title: `${statusSymbols[status]} ${status.toUpperCase()} · ${nameOf(merged)}`,
    version,
    head: mergedHead(merged),
    sections: [
      findings({ findings: namedPlaces(merged) }),
      places(merged),
      told(merged),
      mergedPeers(merged),
      mergedMethod(merged, commandLine),
    ],
    made: `Made by torrent-audit ${version} from audits of ${merged.vantages.length} places. They uploaded no piece and kept none.`,
    embedded: merged,
  })
}
