/** How to read all this, what bounded it, and how to get it again. */
import type { Snapshot } from "../../report.ts"
import { bytes, count, date, duration, plural } from "../units.ts"
import { facts, type Section, section, table } from "./frame.ts"
import { cut, type Html, html, nothing } from "./markup.ts"

const rate = (value: number | null): string => (value === null ? "uncapped" : `${bytes(value)}/s`)
const yes = (value: boolean | null): string => (value === null ? "unknown" : value ? "yes" : "no")

function reading(): Html {
  const notes = [
    "A count, a bitfield, a name is a claim. Beside each stands what was measured, and whether that supports or contradicts it; untestable means that nothing measured can tell.",
    "A peer that was not reached is not a fake: most homes let nobody in from outside. What may be there is drawn as possible, never as missing.",
    "Clean means that a whole piece came from that peer and its hash was right. A bitfield alone is only a word.",
    "Pieces are sampled at random, by the seed below. The bound says how large a share could be unservable and yet have slipped through, 95 times in 100.",
    "Rates are of short transfers from one place, at a moment, under our own limits: read the interval before the dot.",
    "Everything here was seen from one place on the Internet. Another place, or another hour, may see another swarm.",
  ]
  return html`<ul class="told">
    ${notes.map((note) => html`<li>${note}</li>`)}
  </ul>`
}

function caps({ run }: Snapshot): Html {
  if (run.capsHit.length === 0) return html`<p class="fact">No limit of ours was hit.</p>`
  const rows = run.capsHit
    .slice(0, 100)
    .map(({ cap, atMs, dropped }) => [cap, duration(atMs), count(dropped)])
  return table(
    "Limits of ours that were hit",
    [{ head: "limit" }, { head: "after", number: true }, { head: "left out", number: true }],
    rows,
  )
}

type Thresholds = Snapshot["run"]["thresholds"]

/** As `-w` and `-c` have it. */
const range = ({ metric, low, high, inside }: NonNullable<Thresholds["warning"]>[number]): string =>
  `${metric}=${inside ? "@" : ""}${low ?? "~"}:${high ?? ""}`

function wanted(thresholds: Thresholds): string | null {
  const { minSeeders, minAvailability, strict, warning = [], critical = [] } = thresholds
  const parts = [
    ...warning.map((each) => `warning ${range(each)}`),
    ...critical.map((each) => `critical ${range(each)}`),
    ...(minSeeders === null ? [] : [`at least ${plural(minSeeders, "seeder")}`]),
    ...(minAvailability === null ? [] : [`at least ${minAvailability} copies`]),
    ...(strict ? ["strict"] : []),
  ]
  return parts.length === 0 ? null : parts.join(", ")
}

export function method(snapshot: Snapshot, commandLine: string | null): Section {
  const { run, tool, schemaVersion } = snapshot
  const { limits, usage, vantage, discovery, contact } = run
  const use = discovery
    ? `DHT ${discovery.dht}, PEX ${discovery.pex}, LSD ${discovery.lsd}${discovery.webSeeds ? `, web seeds ${discovery.webSeeds}` : ""}`
    : null
  const ways = contact
    ? `encryption ${contact.encryption}, ${contact.utp ? "TCP and uTP" : "TCP"}${contact.proxy ? `, through a SOCKS5 proxy${contact.off.length > 0 ? ` (off: ${cut(contact.off.join(", "), 200)})` : ""}` : ""}`
    : null
  return section(
    "method",
    "Method",
    [
      reading(),
      html`<h3>This run</h3>`,
      facts([
        ["version", `torrent-audit ${cut(tool.version, 40)}, snapshot schema ${cut(schemaVersion, 20)}`],
        ["run", cut(run.id, 40)],
        ["command line", commandLine === null ? null : html`<code>${cut(commandLine, 1_000)}</code>`],
        ["started", `${date(run.startedAt)}, took ${duration(run.durationMs)}`],
        ["ended by", run.stopReason],
        ["depth and pace", `${run.depth}, ${run.pace}`],
        ["seed", html`<code>${cut(run.seed, 80)}</code>`],
        ["further sources", use],
        ["ways", ways],
        ["wanted", wanted(run.thresholds)],
        [
          "seen over",
          `IPv4 ${yes(vantage.ipv4)}, IPv6 ${yes(vantage.ipv6)}, inbound ${yes(vantage.inbound)}`,
        ],
        [
          "traffic",
          `${bytes(usage.downloadedBytes)} down, of which ${bytes(usage.payloadBytes)} payload; ${bytes(usage.uploadedBytes)} up, none of it payload`,
        ],
        ["cost", `${duration(usage.cpuMs)} of processor time, ${bytes(usage.peakRssBytes)} of memory`],
      ]),
      html`<h3>Limits</h3>`,
      facts([
        ["time", duration(limits.timeoutMs)],
        ["peers", count(limits.maxPeers)],
        ["download", bytes(limits.maxDownloadBytes)],
        ["sampled pieces", String(limits.samplePieces)],
        ["sockets", String(limits.sockets)],
        ["dials a second", limits.dialsPerSecond === null ? "uncapped" : String(limits.dialsPerSecond)],
        ["total rate", rate(limits.totalBytesPerSecond)],
        ["rate per peer", rate(limits.peerBytesPerSecond)],
        ["wait for unchoke", duration(limits.unchokeMs)],
        ["wait for a block", duration(limits.blockMs)],
      ]),
      caps(snapshot),
      snapshot.earlier
        ? html`<p class="fact">
            Judged together with what ${plural(snapshot.earlier.runs.length, "earlier run")} saw.
          </p>`
        : nothing,
      html`<p class="fact">
        The whole snapshot is embedded in this page: <code>torrent-audit report THIS-FILE --json</code> prints
        it, judged again.
      </p>`,
    ],
    true,
  )
}
