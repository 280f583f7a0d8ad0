/** Everybody who was named, who went furthest first. */
import type { Peer } from "../../evidence.ts"
import type { Snapshot } from "../../report.ts"
import { byWorth, conduct, hashed, letters, origins } from "../peers.ts"
import { measured, unreachedLines, uploaderLines } from "../swarm-table.ts"
import { percent, plural, rateUnit, type RateUnit } from "../units.ts"
import { type Section, section, table } from "./frame.ts"
import { cut, html, middle, nothing } from "./markup.ts"
import { htmlPage } from "./page.ts"
import { rateText } from "./rates.ts"

const mostRows = 2_000

const after = (ms: number | null): string => (ms === null ? "–" : String(Math.round(ms)))

/** `DE AS3320 Deutsche Telekom`; of it what is known. */
function whereOf({ place }: Peer): string {
  const parts = [place?.country, place?.asn == null ? null : `AS${place.asn}`, place?.network]
  return cut(parts.filter((part) => part != null).join(" "), 60) || "–"
}

function row(peer: Peer, unit: RateUnit, placed: boolean): string[] {
  const { connectMs, handshakeMs, bitfieldMs, unchokeMs, firstBlockMs } = peer.timeline
  return [
    middle(peer.address, 100),
    peer.client === null ? "–" : cut(peer.client, 60),
    ...(placed ? [whereOf(peer)] : []),
    peer.stage,
    peer.failure === null || peer.failure.detail === null
      ? peer.outcome
      : `${peer.outcome}: ${cut(peer.failure.detail, 60)}`,
    peer.haveRatio === null ? "–" : percent(peer.haveRatio),
    hashed(peer, htmlPage),
    rateText(peer.goodputBytesPerSecond, unit),
    ...[connectMs, handshakeMs, bitfieldMs, unchokeMs, firstBlockMs].map(after),
    `${letters(conduct, peer) || "–"} ${letters(origins, peer)}`.trim(),
  ]
}

export function peers(snapshot: Snapshot): Section {
  const all = snapshot.peers
  if (all.length === 0)
    return section(
      "peers",
      "Peers",
      [
        html`<p class="empty">
          ${measured(snapshot).peers ? "No source named anybody." : "At depth scrape no peer is looked for."}
        </p>`,
      ],
      true,
    )
  const shown = all.toSorted(byWorth).slice(0, mostRows)
  const unit = rateUnit(
    all.reduce((most, { goodputBytesPerSecond }) => Math.max(most, goodputBytesPerSecond?.value ?? 0), 0),
  )
  const placed = all.some(({ place }) => place !== undefined)
  const columns = [
    { head: "peer" },
    { head: "client" },
    ...(placed ? [{ head: "network" }] : []),
    { head: "came to" },
    { head: "outcome" },
    { head: "have", number: true },
    { head: "good/bad", number: true },
    { head: unit.name, number: true },
    { head: "dial ms", number: true },
    { head: "hand", number: true },
    { head: "bitfield", number: true },
    { head: "unchoke", number: true },
    { head: "block", number: true },
    { head: "flags" },
  ]
  const flags = [...conduct, ...origins].map(({ letter, word }) => `${letter} ${word}`).join(", ")
  const rest = all.length - shown.length
  const lines = measured(snapshot).reached
    ? [...unreachedLines(snapshot, htmlPage), ...uploaderLines(snapshot, htmlPage)]
    : []
  return section(
    "peers",
    "Peers",
    [
      html`${lines.map((line) => html`<p class="fact">${line.trim()}</p>`)}`,
      html`<div class="tall">
        ${table(
          `${plural(shown.length, "peer")}, who went furthest first`,
          columns,
          shown.map((peer) => row(peer, unit, placed)),
        )}
      </div>`,
      rest > 0
        ? html`<p class="fact">and ${plural(rest, "more peer")} in the embedded snapshot</p>`
        : nothing,
      html`<p class="fact">Flags: ${flags}.</p>`,
    ],
    true,
  )
}
