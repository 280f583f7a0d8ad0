/** What the DHT answered. */
import type { Dht } from "../../evidence.ts"
import type { Snapshot } from "../../report.ts"
import { count, plural, reply } from "../units.ts"
import { known, yes } from "./answers.ts"
import { details, facts, type Section, section, table } from "./frame.ts"
import { cut, type Html, middle, nothing } from "./markup.ts"

const mostNodes = 100

function nodesTable({ nodes }: Dht): Html {
  const shown = nodes.filter(({ id }) => id !== null).slice(0, mostNodes)
  if (shown.length === 0) return nothing
  return details(
    `Table: ${plural(shown.length, "node")} of ${nodes.length}`,
    table(
      "DHT nodes that answered",
      [
        { head: "node" },
        { head: "took", number: true },
        { head: "peers", number: true },
        { head: "id fits its address" },
        { head: "failure" },
      ],
      shown.map(({ address, ms, peerCount, idFits, failure }) => [
        middle(address, 100),
        ms === null ? "–" : reply(ms),
        known(peerCount),
        yes(idFits),
        failure === null ? "–" : cut(failure.code, 40),
      ]),
    ),
  )
}

export function dhtSection({ dht }: Snapshot): Section {
  if (dht === null) return section("dht", "DHT", [])
  const claim = (estimate: NonNullable<Dht["scrape"]>["seeders"]) =>
    estimate === null
      ? "–"
      : `${Math.round(estimate.value)} (${Math.round(estimate.low)}–${estimate.high === null ? "" : Math.round(estimate.high)})`
  const searches = dht.lookups.filter(({ purpose }) => purpose === "peers")
  return section(
    "dht",
    "DHT",
    [
      facts([
        ["queries", `${dht.replies} of ${dht.queries} answered`],
        ["nodes", `${dht.nodes.filter(({ id }) => id !== null).length} of ${dht.nodes.length} answered`],
        ["peers named", count(dht.peerCount)],
        [
          "filters (BEP 33)",
          dht.scrape === null
            ? "nobody sent any"
            : `seeders ${claim(dht.scrape.seeders)}, leechers ${claim(dht.scrape.leechers)}`,
        ],
        [
          "searches",
          searches
            .slice(0, 6)
            .map(({ family, end, ms }) => `${family} ${end} in ${reply(ms)}`)
            .concat(searches.length > 6 ? [`${searches.length - 6} more`] : [])
            .join("; ") || null,
        ],
        [
          "entry points",
          dht.bootstrap
            .slice(0, 12)
            .map(({ name, ok }) => `${ok ? "✓" : "✗"} ${cut(name, 60)}`)
            .concat(dht.bootstrap.length > 12 ? [`${dht.bootstrap.length - 12} more`] : [])
            .join(", ") || null,
        ],
      ]),
      nodesTable(dht),
    ],
    true,
  )
}
