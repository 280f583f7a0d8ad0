/** Help on what audits again by itself. */
export const watchScreen = `torrent-audit watch: the same audit again and again, as for a container

  torrent-audit watch x.torrent                          every 10 minutes
  torrent-audit watch x.torrent --every 1h -q            only when it needs you
  torrent-audit watch @prod.list --every "17 */6 * * *"  by the clock
  torrent-audit watch x.torrent --json >> log.ndjson     a snapshot a line
  torrent-audit watch x.torrent --rounds 6 -o x.json     the last one, as a file

  --every TIME|CRON  from the start of one round to the next, 10s or more (10m);
                     or five crontab fields, local time: the first one waits too
  --rounds N         end after so many
  -q                 only rounds with a problem, and the one in which it is over
  --no-history       as if no other round or run had been

Each round is an audit with all its options and manners. One that takes too
long leaves out the next; one that fails does not end the watch. Under PROGRESS
it prints what changed in 7 days: who was seen to complete, beside the rise of
the tracker's own count; who lost pieces; who stands still. What peers said is
kept for that on this machine alone (~/.local/state/torrent-audit/readings).

Ctrl-C or SIGTERM ends it once the record of the running round is finished.
Exit status: that of the last round; 130 after Ctrl-C, 143 after SIGTERM.
`

export const scheduleScreen = `torrent-audit schedule: audits by cron or systemd, which outlast every shell

  torrent-audit schedule install x.torrent --every 6h --mailto me@example.org
  torrent-audit schedule install @prod.list --every 6h --on systemd --dry-run
  torrent-audit schedule install dir/ --every "17 4 * * mon" -o /srv/audits/
  torrent-audit schedule list               when next, and how the last ended
  torrent-audit schedule remove x.torrent   or its id

  --every TIME|CRON  6h, at a minute that the info hash chooses (what divides an
                     hour or a day, or 7d), or five crontab fields
  --on cron|systemd  your crontab (cron), or a service and timer of yours
  --mailto ADDRESS   where cron mails what the audits print
  --dry-run          print the block or the units, change nothing

Options of an audit go with it, and so do -q --only-changes --confirm 2, unless
you say --no-quiet, --no-only-changes or --confirm 1. Installing again replaces;
lines of others stay byte for byte. XDG_*_HOME and TORRENT_AUDIT_* are carried.
No two audits of one target run at once. Each is in \`history\`, and leaves a
line in ~/.local/state/torrent-audit/runs.log. A timer's service fails with its
audit: what OnFailure= of a drop-in names is then started.
`
