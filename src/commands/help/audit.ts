/** Help on audits themselves, and on what reads a torrent or makes a swarm without one. */
export const auditScreen = `torrent-audit TARGET...: can someone download this now?

  torrent-audit distro.torrent -o report.html
  torrent-audit 'magnet:?xt=urn:btih:...' --timeout 5m
  torrent-audit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b
  torrent-audit https://example.org/distro.torrent
  cat distro.torrent | torrent-audit -
  torrent-audit /srv/torrents @more.list -o results/

A target is a file, - (standard input), a magnet link, an info hash (40 or 64
hex digits), a URL of a .torrent, a directory of them, or @LIST: a file with a
target a line. Several are audited side by side, worst first, a line each.

It asks trackers and the DHT who is there, connects, records what each peer
claims, takes a few pieces and checks their hashes. It uploads nothing, keeps
no payload, and says \`stopped\` when it leaves.

  --depth scrape      trackers' counts alone (torrent-audit scrape)
  --depth discover    who is named; nobody is visited (torrent-audit peers)
  --depth handshake   and what they say that they hold
  --depth sample      and pieces, hashed: the default
  --depth full        every piece once, somewhere, within the budgets

SWARM is a funnel: claimed, found, reached, served, clean. Who couldn't be
reached is not counted as missing: "19-61" says so. A claim is supported,
plausible, contradicted or untestable.
Exit status: \`torrent-audit help exit-codes\`. Limits: \`help thresholds\`.
`

export const scrapeScreen = `torrent-audit scrape TARGET...: what the trackers count, and no more

  torrent-audit scrape x.torrent
  torrent-audit scrape /srv/torrents --min-seeders 3     CI: worst first
  torrent-audit scrape x.torrent --format nagios         within 10 s

The same as --depth scrape: no announce, no peer, no DHT. Counts are claims;
nobody tests them here, and the verdict says \`untested\`.
`

export const peersScreen = `torrent-audit peers TARGET...: who is named, by whom

  torrent-audit peers x.torrent -v --top 200
  torrent-audit peers x.torrent --json --redact none | jq -r '.peers[].address'

The same as --depth discover: trackers are announced to and the DHT is asked,
but nobody is dialled. Addresses may be personal data: --redact.
`

export const inspectScreen = `torrent-audit inspect TARGET: what a torrent says, offline

  torrent-audit inspect x.torrent
  torrent-audit inspect 'magnet:?xt=urn:btih:...'
  torrent-audit inspect x.torrent --json | jq -r '.torrent.infoHashV1'
  cat x.torrent | torrent-audit inspect -

Hashes of both versions, files, trackers by tier, web seeds, nodes, who made
it and when, and its defects. Nothing is sent. Passkeys in tracker and web
seed URLs are masked.
`

export const demoScreen = `torrent-audit demo: audits a swarm that it makes here

  torrent-audit demo
  torrent-audit demo -o report.html -v
  torrent-audit demo --json > demo.json

It starts a tracker, honest peers and liars on loopback, audits them as
it would any swarm, and holds the findings against the truth. Nothing leaves
this machine. It takes 15 seconds. A configuration counts for its output only.
Exit status: 0 if every planted lie was named and nobody else was accused, 2
otherwise.
`
