/** The first screen, and every option, both from the one table. */
import { InputError } from "../failure.ts"
import { wrap } from "../render/text.ts"
import type { Command } from "./context.ts"
import { options, type OptionSpec } from "./options.ts"
import { version } from "./version.ts"

export const firstScreen = `torrent-audit: can someone download this now, and who tells the truth?

  torrent-audit distro.torrent                    audit it: the main job
  torrent-audit 'magnet:?…' -o audit.json.gz      a magnet; keep the snapshot
  torrent-audit scrape distro.torrent             trackers' counts, no peers
  torrent-audit peers distro.torrent              who is named; no visits
  torrent-audit report audit.json.gz              judge it again, offline
  torrent-audit inspect distro.torrent            what it says, offline
  torrent-audit dht get-peers INFOHASH            ask the DHT: help dht
  torrent-audit demo                              audit a swarm made here
  torrent-audit doctor                            what this network lets it see

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
  doctor: "torrent-audit doctor",
  dht: "torrent-audit dht",
}

export const shown = (spec: OptionSpec): string => {
  const long = spec.name.length === 1 ? `-${spec.name}` : `--${spec.name}`
  const value = spec.kind === "choice" ? spec.choices?.join("|") : spec.value
  const name = spec.alias ? `-${spec.alias}, ${long}` : long
  return value ? `${name} ${value}` : name
}

const textAt = 36

export function allOptions(): string {
  const lines: string[] = []
  for (const [group, title] of Object.entries(groups)) {
    lines.push(title)
    for (const spec of options as readonly OptionSpec[]) {
      if (spec.group !== group) continue
      const help = [spec.help, spec.default ? `(${spec.default})` : ""].filter(Boolean).join(" ")
      const left = `  ${shown(spec)}`
      const [first = "", ...rest] = wrap(help, 80 - textAt)
      if (left.length < textAt) lines.push(`${left.padEnd(textAt)}${first}`.trimEnd())
      else lines.push(left, `${" ".repeat(textAt)}${first}`.trimEnd())
      lines.push(...rest.map((line) => " ".repeat(textAt) + line))
    }
    lines.push("")
  }
  return lines.join("\n")
}

const dhtScreen = `torrent-audit dht: ask the DHT (BEP 5) and nothing else

  dht ping HOST:PORT                     does this node answer?
  dht get-peers INFOHASH|MAGNET|FILE     who is named for this torrent?
  dht scrape INFOHASH...                 how many seeders and leechers (BEP 33)?
  dht sample [TARGET]                    info hashes that nodes hold (BEP 51)
  dht get TARGET                         an item: 40 hex digits (BEP 44)
  dht get PUBLICKEY [--salt TEXT]        one that can change: 64 hex digits
  dht announce INFOHASH --port N --yes   name this machine as a peer
  dht put TEXT|@FILE|- --yes             store an item, 1000 bytes at most
  dht put ... --key FILE [--salt TEXT] [--seq N] [--cas N] [--new-key] --yes
                                         one that can change, signed

  --dht-bootstrap HOST:PORT   begin with this node too (repeatable)
  --allow-local               admit private and loopback nodes; the public
                              ones are then left alone
  -4  -6  --timeout 60s  --json  -v  -o FILE   (dht get -o: the value itself)

What announce and put send is public. \`dht get\` into a pipe gives the value's
own bytes. A private torrent is never taken to the DHT.
Exit status: 0 found or stored, 3 not found or no answer, 64, 65 bad input.
`

const doctorScreen = `torrent-audit doctor: what this machine and its network let an audit see

  torrent-audit doctor                            addresses, UDP, DNS, DHT, port
  torrent-audit doctor --tracker URL              the clock too, by its HTTP date
  torrent-audit doctor --port 51413 --map         can the router map this port?
  torrent-audit doctor --proxy socks5://HOST:PORT what is left through a proxy

  --tracker URL               an HTTP tracker: the clock is held against it
  --dht-bootstrap HOST:PORT   ask this DHT node too (repeatable)
  --port N                    the port that an audit would listen on
  --map                       ask the router for it by PCP, NAT-PMP or UPnP;
                              the mapping is released at once
  --allow-local               ask local nodes; no public one is asked then
  -4  -6  --bind IP  --timeout 20s  --json

It asks DHT nodes for a ping and the named tracker for its date, no one else.
Exit status: 0 all is well, 1 warnings, 2 problems; 64 and above: bad input.
`

const topics: Record<string, () => string> = {
  options: allOptions,
  dht: () => dhtScreen,
  doctor: () => doctorScreen,
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
