import type { AskedWebSeed, Evidence } from "../evidence.ts"
import type { Audit, Finding } from "../report.ts"
import { finding } from "../measure/finding.ts"
import { askedWebSeeds, isCredible } from "../measure/web-seeds.ts"
import { counted, listed } from "../measure/wording.ts"

const audit = "rangeless-webseed"
/** A cache answers so while it fetches the file for itself. */
const leastTimes = 2
const mostRows = 20

const codes: ReadonlySet<string> = new Set(["no-range", "bad-reply", "bad-encoding"])

/** A server that gives the whole file, or an answer of its own making, for a part of it: most clients drop such a web seed. */
export const rangelessWebseed = {
  id: audit,
  title: "Web seed without ranges",
  question: "Do web seeds give the parts that are asked for?",
  references: ["BEP 19"],
  requires: ["trackers", "dht", "peers", "webSeeds"],
  judge(evidence) {
    const seeds = askedWebSeeds(evidence)
    if (seeds.length === 0) return []
    const found = seeds.flatMap((seed) => suspicion(evidence, seed))
    if (found.length > 0) return found
    const good = seeds.filter(({ rangeSupported }) => rangeSupported === true).length
    return [
      good === 0
        ? finding(audit, "inconclusive", "no web seed answered that could show it")
        : finding(audit, "pass", `${counted(good, "web seed")} gave the parts that were asked for`),
    ]
  },
} satisfies Audit<"trackers" | "dht" | "peers" | "webSeeds">

function suspicion(
  evidence: Pick<Evidence, "trackers" | "dht" | "peers" | "webSeeds">,
  seed: AskedWebSeed,
): Finding[] {
  const bad = seed.attempts.filter(({ failure }) => failure !== null && codes.has(failure.code))
  if (bad.length === 0) return []
  const served = seed.attempts.some(({ ok, status }) => ok && status === 206)
  const credible = isCredible(evidence, seed)
  const guilty = bad.length >= leastTimes && !served && credible
  const details = listed([...new Set(bad.map(({ failure }) => failure?.detail ?? failure?.code ?? ""))], 2)
  const doubt = served
    ? "; other requests were answered well"
    : credible
      ? "; once is too little to say so"
      : "; no other source answered, so a portal or proxy in between is possible"
  const because = `${seed.url} did not give the part of a file that it was asked for in ${bad.length} of ${counted(seed.attempts.length, "request")}: ${details}${guilty ? "" : doubt}`
  return [
    finding(audit, guilty ? "warn" : "inconclusive", because, {
      subject: `webseed:${seed.url}`,
      measured: `${bad.length} of ${counted(seed.attempts.length, "request")}`,
      advice: guilty
        ? "Let the server honour Range requests; clients can't use it for pieces otherwise."
        : null,
      evidence: {
        attempts: bad.slice(0, mostRows).map(({ path, piece, status, failure }) => ({
          path,
          piece,
          status,
          failure: failure?.code ?? null,
        })),
        server: seed.server,
      },
    }),
  ]
}
