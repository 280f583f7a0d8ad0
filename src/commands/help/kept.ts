/** Help on what was kept: reports, differences, history. */
export const reportScreen = `torrent-audit report: shows or judges a saved audit again, offline

  torrent-audit report audit.json.gz
  torrent-audit report audit.json -o report.html
  torrent-audit report --last 9f86d081 -o report.html
  torrent-audit report --last x.torrent --format nagios --max-age 7h
  torrent-audit report report.html --json        the snapshot in a page

Evidence is judged anew by this version, with your limits: --min-seeders, -w,
-c, --strict and --announce-log may differ from those of the audit. Nothing is
sent.

  --last TARGET     the last audit kept of it: file, magnet, info hash, the
                    first 4 digits or more of one, or the exact name
  --max-age TIME    an older one is UNKNOWN: for monitoring

Exit status: that of the verdict.
`

export const diffScreen = `torrent-audit diff: what changed between two audits

  torrent-audit diff old.json.gz new.json.gz
  torrent-audit diff --last 2 x.torrent
  torrent-audit diff old.json new.json --fail-on regression

Lines with - were, lines with + are. A change counts as real only between
audits that can be compared: the same depth and vantage, and a similar reach.
Otherwise it says why not.

  --last N              of the last N audits kept of this target: the oldest
                        and the newest
  --fail-on regression  exit 1 only where it got worse

Exit status: 0 the same, 1 it differs, 2 an error.
`

export const mergeScreen = `torrent-audit merge: audits of one torrent from several places, as one

  torrent-audit distro.torrent --vantage ams -o ams.json.gz    at each place
  torrent-audit merge ams.json.gz nyc.json.gz sgp.json.gz
  torrent-audit merge *.json.gz -o merged.json.gz -o merged.html
  torrent-audit merge --last distro.torrent      what a fleet has of it
  torrent-audit report merged.json.gz            judged again, offline

Each peer once, with who saw it; what each tracker told each place; how many
peers can be reached, by whom the places have in common; and whether a tracker
tells one place what it tells no other (help answers-by-place). A snapshot
without --vantage is a place by the name of its file. Of several audits from
one place the newest counts; what trackers said counts from all.

Let the audits overlap in time: who looked more than 3 hours before the last
is not heard in the answer, and nothing is estimated then; the first and the
last to ask a tracker can be held against nobody.

Saved snapshots rename peers with the key of their machine, so that those of
two machines can't be matched: save them with --redact none, or give both one
redaction.key (help redaction). Otherwise the places are shown side by side
and nothing is said that rests on who is who.

Downloadable is what can be had from any place. What only one place takes for
a fault (a tracker that is dead from there alone) is open, not a problem.

Exit status: that of the verdict.
`

export const historyScreen = `torrent-audit history: every audit made here

  torrent-audit history                      a line for each target
  torrent-audit history x.torrent            its audits, newest first, and trend
  torrent-audit history 9f86d081 --json
  torrent-audit history --prune 90d          forget what is older

Each audit is kept in a database on this machine, redacted as --redact says
(prefix unless told otherwise), save with --no-history: whole the newest 100
of a target and then the last one of each day, up to a year of days and 2 GiB
in all; a line of every other. An audit that was killed leaves nothing of
itself. Where it is: \`torrent-audit help files\`. With --store, in PostgreSQL,
it keeps what \`help fleet\` says.

  --prune TIME   90d, 26w: audits older than that, of the target or of all
  --dry-run      say how many, and forget none
`
