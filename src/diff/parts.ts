/** What the torrent is made of: trackers, web seeds, files. */
import type { Change } from "../diff.ts"
import type { Snapshot } from "../report.ts"

export function partChanges(before: Snapshot, after: Snapshot): Change[] {
  return [
    ...addedAndDropped("tracker", urls(before.trackers), urls(after.trackers)),
    ...addedAndDropped("web seed", urls(before.webSeeds), urls(after.webSeeds)),
    ...fileChanges(before, after),
  ]
}

const urls = (all: readonly { url: string }[]): ReadonlySet<string> => new Set(all.map(({ url }) => url))

/** That is the publisher's doing, or the user's. */
function addedAndDropped(what: string, before: ReadonlySet<string>, after: ReadonlySet<string>): Change[] {
  const dropped = [...before].filter((url) => !after.has(url)).map((url) => part(what, url, null))
  const added = [...after].filter((url) => !before.has(url)).map((url) => part(what, null, url))
  return [...dropped, ...added]
}

/** A file that lacks a piece among those reached. What is not told of both runs is no change. */
function fileChanges(before: Snapshot, after: Snapshot): Change[] {
  if (before.swarm.availability === null || after.swarm.availability === null) return []
  const [one, other] = [incomplete(before), incomplete(after)]
  const lost = [...other].filter((path) => !one.has(path))
  const regained = [...one].filter((path) => !other.has(path))
  return [
    ...regained.map((path): Change => ({ ...part("incomplete file", path, null), direction: "better" })),
    ...lost.map((path): Change => ({ ...part("incomplete file", null, path), direction: "worse" })),
  ]
}

const incomplete = ({ swarm }: Snapshot): ReadonlySet<string> =>
  new Set(swarm.files.flatMap(({ path, missingPieces }) => (missingPieces.length > 0 ? [path] : [])))

const part = (what: string, before: string | null, after: string | null): Change => ({
  what,
  kind: "torrent",
  before,
  after,
  direction: "neither",
  significant: false,
  audit: null,
  subject: null,
  because: null,
})
