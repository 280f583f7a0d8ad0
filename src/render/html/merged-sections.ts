/** Each place beside the others: what it reached, what trackers told it, whom it saw. */
import type { Merged, MergedPeer } from "../../report/merged.ts"
import { placeColumns, placeRows, reachableLine, toldColumns, toldRows } from "../merged/tables.ts"
import { date, duration, plural } from "../units.ts"
import { facts, fromBlocks, type Section, section, table } from "./frame.ts"
import { cut, html, middle, nothing } from "./markup.ts"
import { htmlPage } from "./page.ts"

export function places(merged: Merged): Section {
  const rows = fromBlocks("Places", [
    { kind: "table", named: true, columns: placeColumns, rows: placeRows(merged, htmlPage) },
  ])
  return section(
    "places",
    "Places",
    [...rows, html`<p class="fact strong">${reachableLine(merged, htmlPage)}</p>`],
    true,
  )
}

const mostTrackers = 200

/** In a list every row says whose it is: so it does here, where rows may be far from their first. */
export function told(merged: Merged): Section {
  const shown = { trackers: merged.trackers.slice(0, mostTrackers) }
  const rows = toldRows(shown, { ...htmlPage, layout: "list" })
  const rest = merged.trackers.length - mostTrackers
  return section(
    "trackers",
    "Trackers, place by place",
    rows.length === 0
      ? [html`<p class="empty">No tracker was asked.</p>`]
      : [
          ...fromBlocks("What each tracker told each place", [
            { kind: "table", named: true, columns: toldColumns, rows },
          ]),
          rest > 0 ? html`<p class="fact">and ${plural(rest, "more tracker")}</p>` : nothing,
        ],
    true,
  )
}

const mostPeers = 500
const mostPlaces = 8

/** Reached by most places first; a column for each place. */
export function mergedPeers({ peers, vantages }: Merged): Section {
  if (peers.length === 0)
    return section("peers", "Peers", [html`<p class="empty">Nobody was named to any place.</p>`], true)
  const reachedBy = (peer: MergedPeer) => peer.seen.filter(({ reached }) => reached).length
  const shown = peers.toSorted((one, other) => reachedBy(other) - reachedBy(one)).slice(0, mostPeers)
  const labels = vantages.slice(0, mostPlaces).map(({ label }) => label)
  const rows = shown.map((peer) => [
    middle(peer.address, 60),
    cut(peer.client ?? "–", 40),
    peer.seeder === null ? "–" : peer.seeder ? "seeder" : "leecher",
    ...labels.map((label) => seenFrom(peer, label)),
  ])
  const rest = peers.length - shown.length
  const left = vantages.length - labels.length
  return section(
    "peers",
    "Peers",
    [
      html`<div class="tall">
        ${table(
          "Peers, and how far each place got with them",
          [
            { head: "peer", long: true },
            { head: "client" },
            { head: "role" },
            ...labels.map((head) => ({ head })),
          ],
          rows,
        )}
      </div>`,
      html`<p class="fact">
        A dash: nobody named it
        there.${rest > 0 ? ` And ${plural(rest, "more peer")} in the embedded document.` : ""}${left > 0 ? ` And ${plural(left, "more place")}.` : ""}
      </p>`,
    ],
    true,
  )
}

function seenFrom({ seen }: MergedPeer, label: string): string {
  const own = seen.filter(({ vantage }) => vantage === label)
  if (own.length === 0) return "–"
  if (own.some(({ reached }) => reached)) return "reached"
  return (own[0]?.outcome ?? "unknown").replaceAll("-", " ")
}

export const mergedMethod = (
  { vantages, tool, schemaVersion }: Merged,
  commandLine: string | null,
): Section =>
  section(
    "method",
    "Method",
    [
      html`<p class="fact">
        What two places saw is one peer if it has an address in common or, where nobody else shows it, a peer
        id. How many can be reached: of those whom other places reached, each place was named a share; whoever
        was found stands for as many as these shares leave unfound. Who answers no place at all is not
        counted.
      </p>`,
      html`<h3>The audits</h3>`,
      facts(
        vantages.map(({ label, rounds }) => [
          label,
          rounds
            .slice(-5)
            .map(({ run }) => `${date(run.startedAt)}, ${duration(run.durationMs)}, depth ${run.depth}`)
            .join("; "),
        ]),
      ),
      facts([
        ["version", `torrent-audit ${cut(tool.version, 40)}, schema ${cut(schemaVersion, 20)}`],
        ["command line", commandLine === null ? null : html`<code>${cut(commandLine, 1_000)}</code>`],
      ]),
      html`<p class="fact">
        All audits are embedded in this page, whole: <code>torrent-audit report THIS-FILE --json</code> prints
        them, judged again.
      </p>`,
    ],
    true,
  )
