/** Help on many torrents from many places. */
export const fleetScreen = `torrent-audit fleet: many torrents, many vantage points, one database

  torrent-audit fleet init --store postgres://owner@db/audits --role worker
  torrent-audit fleet add /srv/torrents @more.list --every 6h --min-seeders 2
  torrent-audit fleet worker --vantage ams-1       on each machine that looks
  torrent-audit fleet status -o overview.html -o fleet.prom
  torrent-audit fleet remove 9f86d081
  torrent-audit fleet remove --vantage ams-1

  --store URL      the database: here, in TORRENT_AUDIT_STORE or a config file;
                   the password in PGPASSWORD or ~/.pgpass. Without one: a file
                   in the state directory, for one worker on this machine
  --role ROLE      init: what a worker needs, and nothing that drops or alters a
                   table; with --dry-run its SQL is printed, nothing done
  --every TIME|CRON  add: 6h, or five crontab fields, UTC; added again: replaced
  --vantage LABEL  worker: what to call the place it looks from
                   add: only from there (repeatable); otherwise from everywhere
  --at-once N      worker: audits at the same time (4 at depth sample)

What is read by add goes into the database, whole, with depth, limits, --tracker
and --peer; a worker's own options say how its machine looks: --pace, --bind,
--proxy, --port. Several workers of one vantage point share its work.

Each torrent is due from each vantage point at its time, spread over a tenth of
the period (10 min at most). It is in the store once, whatever is killed or
restarted. A worker unseen for a minute loses what it was at to another one of
its place. What fails for a reason that may pass is tried 8 times, later each
time. What still runs when it is due again is not due twice. A tracker's
interval holds for all workers of a place, and at one tracker's host the audits
of all places together take turns, 4 a second.

Snapshots stay whole of a torrent's newest 24 audits from each place, then one a
day for 30 days, then one a week for a year; the line of each audit stays.
\`merge --last TORRENT\` puts the places' newest side by side; \`history\`, \`report
--last\` and \`diff --last\` read the same database.

Exit status of status: 0; of worker: 130 after Ctrl-C, 143 after SIGTERM.
`
