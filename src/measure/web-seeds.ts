/** What web seeds (BEP 17, 19) showed, and what that is worth. */
import type { AskedWebSeed, Evidence, Sample, WebSeed, WebSeedAttempt } from "../evidence.ts"
import { holdingsOf } from "./holdings.ts"
import { hostKind } from "./trackers/tracker-host.ts"

export const isAsked = (seed: WebSeed): seed is AskedWebSeed => seed.attempts !== undefined

export const askedWebSeeds = ({ webSeeds }: Pick<Evidence, "webSeeds">): AskedWebSeed[] =>
  webSeeds.filter(isAsked)

/** Answers that nobody gives in passing: the file is not there, or is another, or can't be had in parts. */
const speaksAgainstSeed = ({ status, failure }: WebSeedAttempt): boolean =>
  status === 404 || status === 410 || (failure !== null && lasting.has(failure.code))

const lasting: ReadonlySet<string> = new Set([
  "wrong-length",
  "no-range",
  "bad-redirect",
  "bad-reply",
  "bad-encoding",
])

/** A cache that fetches the file for itself, or a server that cuts no small file, gives all of it once: what came later counts. */
function objections({ attempts }: AskedWebSeed): WebSeedAttempt[] {
  const lastGiven = new Map(attempts.flatMap(({ ok, path }, i) => (ok ? [[path, i] as const] : [])))
  return attempts.filter(
    (attempt, i) =>
      speaksAgainstSeed(attempt) &&
      !(attempt.failure?.code === "no-range" && (lastGiven.get(attempt.path) ?? -1) > i),
  )
}

/** A file that was refused, and never given: to us alone perhaps, so nobody can say whether it is there. */
const withholdsFile = ({ attempts }: AskedWebSeed): boolean => {
  const given = new Set(attempts.filter(({ ok }) => ok).map(({ path }) => path))
  return attempts.some(({ status, path }) => isRefusal(status ?? 0) && !given.has(path))
}
/** 408, 425 and 429 pass by themselves. */
const isRefusal = (status: number): boolean =>
  status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429

export const rightOf = ({ samples }: AskedWebSeed): Sample[] =>
  samples.filter(({ verified }) => verified === true)

export const wrongOf = ({ samples }: AskedWebSeed): Sample[] =>
  samples.filter(({ verified }) => verified === false)

/**
 * Counts as holding every piece, as a seeder's own word does: sampled pieces were right, and nothing that it answered speaks
 * against the rest.
 */
export const isWhole = (seed: AskedWebSeed): boolean =>
  rightOf(seed).length > 0 &&
  wrongOf(seed).length === 0 &&
  objections(seed).length === 0 &&
  !withholdsFile(seed)

/** Nothing can be had there as it stands: it counts for nothing, and leaves no doubt. */
const isUseless = (seed: AskedWebSeed): boolean =>
  rightOf(seed).length === 0 && (wrongOf(seed).length > 0 || objections(seed).length > 0)

export const wholeWebSeeds = (evidence: Partial<Pick<Evidence, "webSeeds">>): AskedWebSeed[] =>
  (evidence.webSeeds ?? []).filter(isAsked).filter(isWhole)

export interface WebSeedDoubts {
  unasked: number
  /** Asked, and neither whole nor useless: they may hold what is missing. */
  open: number
}

export function webSeedDoubts({ webSeeds }: Pick<Evidence, "webSeeds">): WebSeedDoubts {
  const asked = webSeeds.filter(isAsked)
  return {
    unasked: webSeeds.length - asked.length,
    open: asked.filter((seed) => !isWhole(seed) && !isUseless(seed)).length,
  }
}

export const isAnyAsked = ({ webSeeds }: Pick<Evidence, "webSeeds">): boolean => webSeeds.some(isAsked)

/** `onlyThere`: pieces that no reached peer holds. */
export function webSeedSummary(evidence: Pick<Evidence, "webSeeds" | "peers" | "torrent">): {
  asked: number
  whole: number
  onlyThere: number
} {
  const whole = wholeWebSeeds(evidence).length
  const missing = holdingsOf(evidence)?.missingPieces.length ?? evidence.torrent.pieceCount
  return { asked: askedWebSeeds(evidence).length, whole, onlyThere: whole > 0 ? missing : 0 }
}

/** Of what each request brought, one piece: those of one stretch stand side by side, and are no picks at random. */
export function picksOfWebSeeds(evidence: Partial<Pick<Evidence, "webSeeds">>): number[] {
  return (evidence.webSeeds ?? [])
    .filter(isAsked)
    .flatMap((seed) => [...new Map(rightOf(seed).map(({ atMs, piece }) => [atMs, piece])).values()])
}

/** Pieces that web seeds sent right. */
export const verifiedByWebSeeds = (evidence: Partial<Pick<Evidence, "webSeeds">>): number[] =>
  (evidence.webSeeds ?? []).filter(isAsked).flatMap((seed) => rightOf(seed).map(({ piece }) => piece))

/**
 * Somebody else answered as they should, or the answer came over TLS: else a captive portal or a proxy between may have given
 * it in the web seed's name. Who is in our own network, where a portal lets everything through, says nothing of a public place.
 */
export function isCredible(
  evidence: Pick<Evidence, "trackers" | "dht" | "peers" | "webSeeds">,
  seed: AskedWebSeed,
): boolean {
  const { trackers, dht, peers, webSeeds } = evidence
  const isNear = hostKind(seed.url) !== "public"
  return (
    seed.url.startsWith("https:") ||
    trackers.some(
      ({ url, announces, scrape }) =>
        (isNear || hostKind(url) === "public") &&
        (scrape?.ok === true || announces.some(({ ok, reused }) => ok && !reused)),
    ) ||
    (dht?.replies ?? 0) > 0 ||
    peers.some(
      ({ sources, timeline }) =>
        timeline.handshakeMs !== null && (isNear || !sources.some(({ kind }) => kind === "lsd")),
    ) ||
    webSeeds.some(
      (other) =>
        other !== seed &&
        isAsked(other) &&
        (isNear || hostKind(other.url) === "public") &&
        rightOf(other).length > 0,
    )
  )
}
