/** One line each: how a running audit stands, and how a finished one ended. */
import type { Progress } from "../evidence.ts"
import type { Snapshot } from "../report.ts"
import { palette, statusMark, symbolsFor } from "./page.ts"
import { measured } from "./swarm-table.ts"
import { escape, fit, fitMiddle, padEnd, width } from "./text.ts"
import { clock, count, plural, steadyBytes } from "./units.ts"

/** What Enter, Ctrl-T or SIGUSR2 asks for. */
export function statusLine({ now, timeoutMs, trackers, dht, metadata, peers, pieces }: Progress): string {
  const parts = [`${clock(now)} elapsed, ${clock(timeoutMs)} at most`]
  if (trackers.total > 0) parts.push(`trackers ${trackers.answered} of ${trackers.total} answered`)
  if (dht) parts.push(`DHT ${dht.answered} of ${plural(dht.asked, "node")} answered`)
  if (metadata) parts.push(`metadata asked of ${plural(metadata.asked, "peer")}`)
  parts.push(`peers ${peers.dialled} of ${peers.known} dialled, ${plural(peers.handshaken, "handshake")}`)
  if (pieces.wanted > 0)
    parts.push(
      `pieces ${pieces.verified} of ${pieces.wanted} verified, ${steadyBytes(pieces.bytes)} at ${steadyBytes(pieces.bytesPerSecond)}/s`,
    )
  return parts.join("; ")
}

export interface VerdictLineOptions {
  columns: number
  color: boolean
  ascii: boolean
}

const statusColumns = 8

/** `▲ WARNING   example-os.iso  seeders 19 of 48 claimed, 20.83 copies, 2 problems`: for many targets at once. */
export function verdictLine(snapshot: Snapshot, options: VerdictLineOptions): string {
  const { verdict, swarm, torrent, findings } = snapshot
  const symbols = symbolsFor(options.ascii)
  const { symbol, paint } = statusMark(verdict.status, symbols, palette(options.color))
  const label = `${padEnd(symbol, options.ascii ? 2 : 1)} ${padEnd(verdict.status.toUpperCase(), statusColumns)}`
  const { reached } = measured(snapshot)
  const { seeders, availability } = swarm
  const facts: string[] = []
  if (reached)
    facts.push(
      seeders.claimed === null
        ? plural(seeders.reached, "seeder")
        : `seeders ${count(seeders.reached)} of ${count(seeders.claimed)} claimed`,
    )
  else if (seeders.claimed !== null) facts.push(`seeders ${count(seeders.claimed)} claimed`)
  if (availability !== null) facts.push(`${availability.distributedCopies.toFixed(2)} copies`)
  const problems = findings.filter(
    (finding) => finding.verdict === "warn" || finding.verdict === "fail",
  ).length
  if (problems > 0) facts.push(plural(problems, "problem"))
  if (verdict.status === "unknown") facts.push(escape(verdict.because, options.ascii))
  const room = Math.max(20, options.columns - width(label) - 2)
  const told = facts.join(", ")
  const name = fitMiddle(
    escape(torrent.name, options.ascii).trim() || "(no name)",
    Math.max(Math.floor(room / 2), room - width(told) - 2),
    symbols.ellipsis,
  )
  const rest = fit(told, room - width(name) - 2, symbols.ellipsis)
  return `${paint(label)}  ${rest === "" ? name : `${name}  ${rest}`}`.trimEnd()
}
