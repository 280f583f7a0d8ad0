/** What a process ends with. */

/** Codes of errors → exit status. */
const byCode: Record<string, number> = {
  "no-file": 65,
  "is-html": 65,
  "not-bencode": 65,
  truncated: 65,
  "no-info": 65,
  "bad-pieces": 65,
  "bad-metainfo": 65,
  "bad-magnet": 65,
  "bad-hash": 65,
  "fetch-failed": 65,
  unsupported: 65,
  "private-torrent": 65,
  "bad-key": 65,
  "too-large": 65,
  "bad-snapshot": 65,
  "bad-reference": 65,
  "not-scheduled": 65,
  usage: 64,
  "needs-yes": 64,
  "unknown-flag": 64,
  "bad-value": 64,
  "bad-range": 64,
  "stdin-tty": 64,
  "out-format": 64,
  "bad-config": 78,
  interrupted: 130,
  terminated: 143,
  "cant-write": 70,
  "no-store": 70,
  "no-cron": 70,
  "bad-crontab": 70,
  "no-systemd": 70,
  "too-long": 64,
  internal: 70,
}

/** What isn't in the table says that there is no answer: UNKNOWN. */
export const errorStatus = (code: string): number => byCode[code] ?? 3

/** As of diff(1): 0 same, 1 different, 2 whatever kept it from telling. */
export const diffFailed = 2

/** Nagios knows 0 to 3: whatever else kept us from an answer is UNKNOWN. */
export const folded = (status: number, format: string): number =>
  format === "nagios" && status > 3 ? 3 : status
