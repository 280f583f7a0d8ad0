/** One scenario, scored for both tools. */
import type { Recording } from "./recording.ts"
import { score, scoreSnapshot, type Score } from "./score.ts"
import { laterTruth } from "./truth.ts"
import { viewOfObserved, type Reading } from "./view.ts"

export interface Result {
  readonly recording: Recording
  readonly title: string
  readonly ours: Score
  /** null: libtorrent didn't look. */
  readonly theirs: Score | null
  /** With the median of libtorrent's readings in place of their mean. */
  readonly theirMedians: Score | null
}

export function resultOf(recording: Recording, title: string): Result {
  const { truth, snapshot, observed } = recording
  const later = laterTruth(truth)
  const seen = (reading: Reading) => observed && score(viewOfObserved(observed, later, reading), later)
  return {
    recording,
    title,
    ours: scoreSnapshot(snapshot, truth),
    theirs: seen("mean"),
    theirMedians: seen("median"),
  }
}
