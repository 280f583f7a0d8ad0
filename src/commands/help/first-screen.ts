/** What `torrent-audit --help` prints: examples first, one screen. */
export const firstScreen = `torrent-audit: can someone download this now, and who tells the truth?

  torrent-audit distro.torrent -o report.html    audit it: the main job
  torrent-audit 'magnet:?…' -o audit.json.gz     a magnet; keep the snapshot
  torrent-audit scrape /srv/torrents @more.list  many: counts alone, worst first
  torrent-audit report --last 9f86d081           show what was kept, offline
  torrent-audit diff --last 2 distro.torrent     what changed
  torrent-audit merge ams.json.gz nyc.json.gz    seen from several places
  torrent-audit history                          every audit made here
  torrent-audit schedule install x.torrent --every 6h    by cron or systemd
  torrent-audit watch x.torrent --every 10m      again and again: containers
  torrent-audit inspect distro.torrent           what it says, offline
  torrent-audit dht get-peers INFOHASH           ask the DHT
  torrent-audit demo                             audit a swarm made here
  torrent-audit doctor                           what this network lets it see

  --depth scrape|discover|handshake|sample|full  how far to go (sample)
  --pace polite|normal|fast|lab  --timeout 3m    how hard to push, how long
  --tracker URL  --peer IP:PORT                  ask these too
  -o FILE  --json  -v  -q  --redact prefix       what to print and keep
  --min-seeders N  -w METRIC=RANGE  --confirm 2  what is worth an alarm

Exit status: 0 ok, 1 warning, 2 critical, 3 unknown; 64 and above: bad input.
More: torrent-audit help TOPIC, help COMMAND, help FINDING, help options
`
