/** The first screen, and every option, both from the one table. */
import { InputError } from "../failure.ts"
import type { Command } from "./context.ts"
import { options, type OptionSpec } from "./options.ts"
import { version } from "./version.ts"

export const firstScreen = `torrent-audit: can someone download this now, and who tells the truth?

  torrent-audit distro.torrent                    audit it: the main job
  torrent-audit distro.torrent -o audit.json.gz   and keep the snapshot
  torrent-audit scrape distro.torrent             trackers' counts, no peers
  torrent-audit peers distro.torrent              who is named; no visits
  torrent-audit report audit.json.gz              judge it again, offline
  torrent-audit inspect distro.torrent            what it says, offline
  torrent-audit demo                              audit a swarm made here

  --depth scrape|discover|handshake|sample|full   how far to go (sample)
  --pace polite|normal|fast|lab                   how hard to push (normal)
  --timeout 3m  --max-peers 200  --max-download 256MiB
  --tracker URL  --peer IP:PORT                   ask these too
  -o FILE  --json  -v  -q  --progress plain       what to print and keep
  --min-seeders N  --fail-on critical             what is worth an alarm

Exit status: 0 ok, 1 warning, 2 critical, 3 unknown; 64 and above: bad input.
All options: torrent-audit help options
`

const groups: Record<OptionSpec["group"], string> = {
  what: "What is looked at",
  limits: "Limits",
  where: "Where",
  output: "Output",
  verdict: "Verdict",
}

export const shown = (spec: OptionSpec): string => {
  const long = spec.name.length === 1 ? `-${spec.name}` : `--${spec.name}`
  const value = spec.kind === "choice" ? spec.choices?.join("|") : spec.value
  const name = spec.alias ? `-${spec.alias}, ${long}` : long
  return value ? `${name} ${value}` : name
}

export function allOptions(): string {
  const lines: string[] = []
  for (const [group, title] of Object.entries(groups)) {
    lines.push(title)
    for (const spec of options as readonly OptionSpec[]) {
      if (spec.group !== group) continue
      const help = [spec.help, spec.default ? `(${spec.default})` : ""].filter(Boolean).join(" ")
      const left = `  ${shown(spec)}`
      if (left.length < 36) lines.push(`${left.padEnd(36)}${help}`.trimEnd())
      else lines.push(left, ...(help ? [`${" ".repeat(36)}${help}`] : []))
    }
    lines.push("")
  }
  return lines.join("\n")
}

const topics: Record<string, () => string> = {
  options: allOptions,
  version: () => `torrent-audit ${version}\n`,
}

export const help: Command = async ({ terminal, targets }) => {
  const [topic] = targets
  const page = topic === undefined ? firstScreen : topics[topic]?.()
  if (page === undefined)
    throw new InputError("usage", `no help on ${topic}`, `Topics: ${Object.keys(topics).join(", ")}.`)
  terminal.out(page)
  return 0
}
