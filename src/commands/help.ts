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
  torrent-audit watch distro.torrent --every 10m  again and again: help watch
  torrent-audit report audit.json.gz              judge it again, offline
  torrent-audit inspect distro.torrent            what it says, offline
  torrent-audit dht get-peers INFOHASH            ask the DHT: help dht
  torrent-audit demo                              audit a swarm made here
  torrent-audit doctor                            what this network lets it see

  --depth scrape|discover|handshake|sample|full   how far to go (sample)
  --pace polite|normal|fast|lab                   how hard to push (normal)
  --timeout 3m  --max-peers 200  --max-download 256MiB
  --tracker URL  --peer IP:PORT                   ask these too
  --announce-log FILE                             your tracker's log: who lies?
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
  config: "Configuration",
  history: "torrent-audit report, history, diff",
  watch: "torrent-audit watch, schedule",
  schedule: "torrent-audit schedule",
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

const watchScreen = `torrent-audit watch: the same audit again and again

  torrent-audit watch x.torrent                        every 10 minutes
  torrent-audit watch x.torrent --every 1h -q          only when it needs you
  torrent-audit watch x.torrent --json >> log.ndjson   a snapshot a line
  torrent-audit watch x.torrent --rounds 6 -o x.json   the last one, as a file

Each round is an audit with all its options and manners; a tracker that names
an interval is asked no more often than that. A round that takes too long
leaves out the next one. One that fails does not end the watch.

Under PROGRESS it prints what changed since earlier runs of the last 7 days:
who was seen to complete, beside the rise of the tracker's own count; who lost
pieces; who stands still. A single audit prints it too. What peers said is
kept for that on this machine alone, in the state directory
(~/.local/state/torrent-audit/readings); --no-history neither uses nor keeps
it.

  --every TIME     from the start of one round to the next, 10s or more (10m)
  --rounds N       end after so many
  -q               only rounds with a problem, and the one in which it is over
  --no-history     as if no other round or run had been

Ctrl-C ends it once the record of the running round is finished.
Exit status: that of the last round; 130 after Ctrl-C.
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

const announceLogScreen = `torrent-audit --announce-log FILE: what clients report to your tracker

  torrent-audit x.torrent --announce-log announces.ndjson
  torrent-audit x.torrent --announce-log /var/log/nginx/access.log
  torrent-audit report old.json --announce-log announces.ndjson.gz

Holds what each client told the tracker (uploaded, downloaded, left) against
what it showed its peers. The log is read once the audit is over, so that it
has the announces made meanwhile. One announce a line, plain or gzipped:

  {"at":"2026-03-14T09:15:00.000Z","infoHash":"9f86d081884c7d659a2f...",
   "ip":"192.0.2.7","port":6881,"peerId":"2d5452333030302d...",
   "event":"started","uploaded":0,"downloaded":0,"left":4194304}

  at          ISO 8601, or seconds or milliseconds since 1970
  infoHash    40 hex digits (64 for v2), or percent-encoded; peerId likewise
  ip          where the announce came from, not what it says of itself
  port        as announced
  event       started, completed, stopped; none for a regular one
  uploaded, downloaded, left    bytes, as reported

Other fields are ignored, other lines counted. Lines of an access log are
understood as well: nginx's and Apache's common and combined formats, if the
first field is the client's own address and not a proxy's.

bittorrent-tracker writes one line by line with this (\`fs\` is node:fs):

  for (const event of ['start', 'complete', 'update', 'stop'])
    server.on(event, (_, { info_hash, ip, port, peer_id, ...told }) =>
      fs.appendFileSync('announces.ndjson', JSON.stringify({
        at: Date.now(), infoHash: info_hash, ip, port, peerId: peer_id, event,
        uploaded: Number(told.uploaded), downloaded: Number(told.downloaded),
        left: Number(told.left) }) + '\\n'))

opentracker keeps no such figures; put a web server in front of it for a log.
`

const topics: Record<string, () => string> = {
  options: allOptions,
  watch: () => watchScreen,
  dht: () => dhtScreen,
  doctor: () => doctorScreen,
  "announce-log": () => announceLogScreen,
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
