/** Help on what comes out: formats, limits, exit codes. */
export const formatsScreen = `Formats: --format for the screen, -o FILE by its ending

  text      the drawing; for people
  json      -o x.json, x.json.gz: the snapshot, one document; for programs
  ndjson    -o x.ndjson: events as they happen; the last line is the snapshot
  html      -o x.html: one page without scripts, with the snapshot in it
  prom      -o x.prom: metrics for Prometheus' textfile collector
  nagios    one line with performance data, exit status 0 to 3
  atom      -o x.xml: a feed of changes, for news readers

-o may be given several times; -o DIR/ takes a file for each of several
targets. Files are written whole or not at all.

--json always prints exactly one document, errors included (their \`error\` is
not null). \`torrent-audit schema\` prints its JSON Schema. Within a major
schemaVersion fields are only added.

  jq -r '"\\(.verdict.status) \\(.swarm.seeders.reached) \\(.torrent.name)"'
  jq -r '.trackers[] | select(.scrape.ok | not) | .url'
  jq -c '.peers[] | select(.outcome == "bad-data") | {address, client}'
  jq -c '.peers | group_by(.outcome) | map({(.[0].outcome): length}) | add'

Into a pipe and into files addresses are redacted: \`help redaction\`.
`

export const thresholdsScreen = `Thresholds: what is worth an alarm

  --min-seeders 3            critical below 3; the same as -c seeders=3:
  --min-availability 2       critical below 2 distributed copies
  -w METRIC=RANGE            warn outside the range (repeatable)
  -c METRIC=RANGE            critical outside it (repeatable)
  --strict                   what couldn't be reached counts as not there
  --fail-on warning|critical|never    the mildest verdict that exits non-zero
                             (diff also takes regression)

Ranges are those of Nagios plugins; both ends belong to them:
  5:      alert below 5          5       alert below 0 and above 5
  ~:5     alert above 5          5:10    alert outside 5 to 10
  @5:10   alert inside 5 to 10

Metrics
  seeders, leechers   reached; at depth scrape, claimed
  copies              distributed copies among reached peers
  reach               percent of the peers heard of who told what they hold
  missing-pieces      held by nobody reached
  rate                median of what peers granted us, KiB/s
  full-copy           how long a full copy takes from here, seconds
  dead-trackers       that don't answer

A limit that reached peers break and possible ones might not is UNKNOWN:
unknown is not zero. --strict makes it count.

When it speaks: -q only when something is wrong; --only-changes only a new
state, its end, and once a day what still is wrong; --confirm 2 audits again
before it alarms; --ping URL tells a watchdog (healthchecks.io and its like).
`

export const exitCodesScreen = `Exit codes

  0   OK          or below --fail-on
  1   WARNING     downloadable, with defects
  2   CRITICAL    not downloadable, or a limit of yours is broken
  3   UNKNOWN     too little was seen, or this machine is the problem
  64  a mistake on the command line
  65  a bad torrent, magnet, snapshot or other input file
  70  a file that can't be written, or a bug of ours
  78  a mistake in the configuration
  130, 143        Ctrl-C, SIGTERM

0 to 3 are those of Nagios plugins; --format nagios folds the others into 3.
Several targets: critical before unknown before warning before ok. --fail-on
forgives verdicts, never failures of the tool.

diff:   0 the same, 1 it differs, 2 an error
demo:   0 every planted lie was named and nobody else accused, else 2
doctor: 0 all is well, 1 warnings, 2 problems
dht:    0 found or stored, 3 not found or no answer

Errors look like error[CODE]: what, and a hint below; the codes are stable.
`
