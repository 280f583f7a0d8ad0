import type { AskedWebSeed, Evidence } from "../evidence.ts"
import type { Audit, Finding } from "../report.ts"
import { takesPieces } from "../measure/depth.ts"
import { finding } from "../measure/finding.ts"
import { askedWebSeeds, isCredible, rightOf, wrongOf } from "../measure/web-seeds.ts"
import { counted, listed } from "../measure/wording.ts"

const audit = "stale-webseed"
/** Once may be chance, or a proxy between; one piece twice counts as two. */
const leastTimes = 2
const mostRows = 50

/**
 * Files that changed since the torrent was made: other bytes, or another length. Each must have been seen twice; of pieces that peers
 * send wrong as well, and none right, the torrent itself may be broken.
 */
export const staleWebseed = {
  id: audit,
  title: "Stale web seed",
  question: "Do web seeds hold the very files of the torrent?",
  references: ["BEP 17", "BEP 19"],
  requires: ["run", "trackers", "dht", "peers", "webSeeds"],
  judge(evidence) {
    const seeds = askedWebSeeds(evidence)
    if (seeds.length === 0) return []
    const suspects = seeds.flatMap((seed) => suspicion(evidence, seed))
    if (suspects.length > 0) return suspects
    const right = seeds.filter((seed) => rightOf(seed).length > 0)
    const pieces = right.reduce((sum, seed) => sum + rightOf(seed).length, 0)
    const { depth } = evidence.run
    if (!takesPieces(depth)) return [finding(audit, "skipped", `depth ${depth} takes no pieces`)]
    if (pieces === 0) return [finding(audit, "inconclusive", "no web seed sent a whole piece")]
    const because = `${counted(pieces, "whole piece")} from ${counted(right.length, "web seed")}, all right`
    return [finding(audit, "pass", because, { measured: `${counted(pieces, "piece")} right` })]
  },
} satisfies Audit<"run" | "trackers" | "dht" | "peers" | "webSeeds">

type Seen = Pick<Evidence, "trackers" | "dht" | "peers" | "webSeeds">

function suspicion(evidence: Seen, seed: AskedWebSeed): Finding[] {
  const wrong = wrongOf(seed)
  const lengths = seed.attempts.filter(({ failure }) => failure?.code === "wrong-length")
  if (wrong.length + lengths.length === 0) return []
  const disputed = disputedPieces(evidence.peers)
  const proven = wrong.filter(({ piece }) => !disputed.has(piece))
  const enough = proven.length >= leastTimes || lengths.length >= leastTimes
  const guilty = enough && isCredible(evidence, seed)
  const pieces = [...new Set(wrong.map(({ piece }) => piece))]
  const what = [
    ...(wrong.length > 0
      ? [`sent wrong bytes for ${pieces.length === 1 ? "piece" : "pieces"} ${listed(pieces, 5)}`]
      : []),
    ...(lengths.length > 0 ? [`has files of other lengths: ${lengthsText(lengths)}`] : []),
  ].join(" and ")
  const why = guilty
    ? ""
    : enough
      ? "; no other source answered, so a portal or proxy in between is possible"
      : wrong.length > proven.length
        ? "; peers send them wrong as well, so the torrent may be broken"
        : "; once is too little to say so"
  return [
    finding(audit, guilty ? "warn" : "inconclusive", `${seed.url} ${what}${why}`, {
      subject: `webseed:${seed.url}`,
      measured: `${wrong.length} wrong, ${rightOf(seed).length} right`,
      advice: guilty
        ? "The files there are not the torrent's: put the old ones back, or make a new torrent. Clients drop such a web seed."
        : null,
      evidence: {
        samples: wrong.slice(0, mostRows).map(({ piece, atMs, bytes }) => ({ piece, atMs, bytes })),
        lengths: lengths
          .slice(0, mostRows)
          .map(({ path, totalBytes, failure }) => ({ path, totalBytes, detail: failure?.detail ?? null })),
        server: seed.server,
        lastModified: seed.lastModified,
      },
    }),
  ]
}

function lengthsText(
  attempts: readonly { path: string | null; failure: { detail: string | null } | null }[],
): string {
  const texts = attempts.map(({ path, failure }) => `${path ?? "a piece"} (${failure?.detail ?? ""})`)
  return listed([...new Set(texts)], 2)
}

/** Pieces that some peer sent wrong, and none right. */
function disputedPieces(peers: Evidence["peers"]): Set<number> {
  const samples = peers.flatMap((peer) => peer.samples)
  const right = new Set(samples.filter(({ verified }) => verified === true).map(({ piece }) => piece))
  return new Set(
    samples
      .filter(({ verified, piece }) => verified === false && !right.has(piece))
      .map(({ piece }) => piece),
  )
}
