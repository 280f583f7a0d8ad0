/** What a finding shows, so that a reader can check it by hand. */
import type { AnnounceReport } from "../../evidence.ts"
import type { Moment } from "./moments.ts"
import type { TimedReport } from "./sessions.ts"

/** As the log has it, its own time included. */
export const reportRow = (row: TimedReport): AnnounceReport => ({
  at: row.at,
  address: row.address,
  peerId: row.peerId,
  event: row.event,
  uploadedBytes: row.uploadedBytes,
  downloadedBytes: row.downloadedBytes,
  leftBytes: row.leftBytes,
})

export const momentRow = ({ ms, count, peerId }: Moment) => ({
  at: new Date(ms).toISOString(),
  pieces: count,
  peerId,
})
