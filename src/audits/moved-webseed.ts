import type { AskedWebSeed, Evidence, WebSeedAttempt, WebSeedRedirect } from "../evidence.ts"
import type { Audit, Finding } from "../report.ts"
import { finding } from "../measure/finding.ts"
import { askedWebSeeds, isCredible, rightOf } from "../measure/web-seeds.ts"
import { counted, listed } from "../measure/wording.ts"

const audit = "moved-webseed"
const leastTimes = 2
const mostRows = 20

/**
 * Files that are not where the torrent says: gone (404, 410), behind a redirect for good (301, 308), or behind one that leads where
 * nobody should follow. What may pass (silence, 403, 429, 5xx) accuses nobody, and neither does a file whose name the server may spell
 * otherwise.
 */
export const movedWebseed = {
  id: audit,
  title: "Moved web seed",
  question: "Are web seeds where the torrent says?",
  references: ["BEP 17", "BEP 19"],
  requires: ["trackers", "dht", "peers", "webSeeds"],
  judge(evidence) {
    const seeds = askedWebSeeds(evidence)
    if (seeds.length === 0) return []
    const found = seeds.flatMap((seed) => lookAt(evidence, seed))
    if (found.length > 0) return found
    return [finding(audit, "pass", `${counted(seeds.length, "web seed")} asked, all where the torrent says`)]
  },
} satisfies Audit<"trackers" | "dht" | "peers" | "webSeeds">

type Seen = Pick<Evidence, "trackers" | "dht" | "peers" | "webSeeds">

function lookAt(evidence: Seen, seed: AskedWebSeed): Finding[] {
  const gone = seed.attempts.filter(({ status }) => status === 404 || status === 410)
  const astray = seed.redirects.filter(({ failure }) => failure?.code === "bad-redirect")
  const broken = seed.attempts.filter(({ failure }) => failure?.code === "bad-redirect")
  const moved = movedForGood(seed)
  const credible = isCredible(evidence, seed)
  if (broken.length > 0) return [strayFinding(seed, astray, broken, credible)]
  if (gone.length > 0) return [goneFinding(seed, gone, credible)]
  if (moved.length > 0) return [movedFinding(seed, moved, credible)]
  const why = seed.failure
  if (seed.ok || why === null || speaksElsewhere.has(why.code)) return []
  const status = why.code === "http-status" ? (why.detail ?? "an HTTP error") : null
  const because =
    why.code === "filtered" || why.code === "unsupported"
      ? `was not asked (${why.detail ?? why.code})`
      : status !== null
        ? `answered ${status}, which may pass`
        : `gave no answer (${why.code}), which may pass`
  return [say(seed, "inconclusive", because)]
}

/** Codes that other audits of web seeds are about. */
const speaksElsewhere: ReadonlySet<string> = new Set([
  "wrong-length",
  "no-range",
  "bad-reply",
  "bad-encoding",
  "hash-mismatch",
])

/** What moved is where a server of mirrors sent us this time, not what the torrent names, after a redirect that is for now only. */
function movedForGood({ redirects }: AskedWebSeed): WebSeedRedirect[] {
  const passing = new Set<string>()
  return redirects.filter((redirect) => {
    const forGood = isForGood(redirect) && !passing.has(redirect.from)
    if (passing.has(redirect.from) || !isPermanent(redirect)) passing.add(redirect.to)
    return forGood
  })
}

const isPermanent = ({ status }: WebSeedRedirect): boolean => status === 301 || status === 308

/** A step from http to https of the same host is no move: nothing has to change for it. */
const isForGood = (redirect: WebSeedRedirect): boolean =>
  isPermanent(redirect) &&
  redirect.failure === null &&
  redirect.to !== redirect.from.replace(/^http:/, "https:")

function say(
  seed: AskedWebSeed,
  verdict: "warn" | "inconclusive",
  because: string,
  advice: string | null = null,
  attempts: readonly WebSeedAttempt[] = seed.attempts,
): Finding {
  return finding(audit, verdict, `${seed.url} ${because}`, {
    subject: `webseed:${seed.url}`,
    measured: listed(
      [...new Set(attempts.map(({ status, failure }) => `${status ?? failure?.code ?? "?"}`))],
      3,
    ),
    advice: verdict === "warn" ? advice : null,
    evidence: {
      attempts: attempts
        .slice(0, mostRows)
        .map(({ path, piece, status, failure }) => ({ path, piece, status, failure: failure?.code ?? null })),
      redirects: seed.redirects
        .slice(0, mostRows)
        .map(({ from, to, status, failure }) => ({ from, to, status, failure: failure?.detail ?? null })),
    },
  })
}

const notSure = "; no other source answered, so a portal or proxy in between is possible"
const onlyOnce = "; once is too little to say so"

function strayFinding(
  seed: AskedWebSeed,
  astray: readonly WebSeedRedirect[],
  broken: readonly WebSeedAttempt[],
  credible: boolean,
): Finding {
  const first = astray[0]
  const what = first
    ? `redirects to ${first.to}, which was not followed: ${first.failure?.detail ?? "it leads nowhere"}`
    : `redirects badly: ${broken[0]?.failure?.detail ?? "nowhere"}`
  const guilty = credible && broken.length >= leastTimes
  return say(
    seed,
    guilty ? "warn" : "inconclusive",
    `${what}${guilty ? "" : credible ? onlyOnce : notSure}`,
    "Nobody outside can use it so: mend the redirect, or take this web seed out of the torrent.",
    broken,
  )
}

function goneFinding(seed: AskedWebSeed, gone: readonly WebSeedAttempt[], credible: boolean): Finding {
  const plain = gone.filter(({ path }) => path === null || /^[\x20-\x7e]*$/.test(path))
  const statuses = [...new Set(gone.map(({ status }) => `HTTP ${status}`))].join(" and ")
  const names = [...new Set(gone.map(({ path }) => path).filter((path) => path !== null))]
  const of = names.length > 0 ? ` for ${listed(names, 3)}` : ""
  const guilty = credible && plain.length >= leastTimes
  const doubt = !credible
    ? notSure
    : plain.length < gone.length
      ? "; it may spell such a name otherwise"
      : onlyOnce
  const rest = rightOf(seed).length > 0 ? ", and other pieces right" : ""
  return say(
    seed,
    guilty ? "warn" : "inconclusive",
    `answered ${statuses}${of}${rest}${guilty ? "" : doubt}`,
    "Put the files back there, or take this web seed out of the torrent; web seeds are not part of the info hash.",
    gone,
  )
}

function movedFinding(seed: AskedWebSeed, moved: readonly WebSeedRedirect[], credible: boolean): Finding {
  const last = seed.redirects.findLast(({ failure }) => failure === null) ?? moved[0]
  const to = seed.finalUrl ?? last?.to ?? ""
  const works = rightOf(seed).length > 0 || seed.ok
  return say(
    seed,
    credible ? "warn" : "inconclusive",
    `has moved for good (HTTP ${moved[0]?.status ?? 301}) to ${to}${works ? ", where it answers" : ""}${credible ? "" : notSure}`,
    "Name the new place in the torrent: web seeds are not part of the info hash, and not every client follows.",
  )
}
