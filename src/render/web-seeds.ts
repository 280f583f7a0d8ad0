/** Web seeds: a row each among the sources, and what they give. */
import { contactsPeers } from "../evidence/words.ts"
import type { WebSeed } from "../evidence.ts"
import type { Snapshot } from "../report.ts"
import type { Page } from "./page.ts"
import { failureWords, markOf, type State } from "./source-marks.ts"
import type { Cell } from "./table.ts"
import { bound, interval, plural, rateUnit, reply } from "./units.ts"

const mostRows = 10
const mostRates = 3

/** Ten columns at most. */
const words: Partial<Record<NonNullable<NonNullable<WebSeed["failure"]>>["code"], string>> = {
  ...failureWords,
  "no-range": "no ranges",
  "wrong-length": "other size",
  "hash-mismatch": "wrong data",
  "bad-encoding": "garbled",
}

function answerOf({ attempts, samples = [], failure }: WebSeed, page: Page): { text: string; state: State } {
  if (attempts === undefined) return { text: "not asked", state: "silent" }
  const bad = samples.find(({ verified }) => verified === false)
  if (bad) return { text: words["hash-mismatch"] ?? "", state: "failed" }
  const failed = attempts.find((attempt) => attempt.failure !== null)?.failure ?? failure ?? null
  const good = attempts.find(({ ok }) => ok)
  if (failed === null || (good && failed.code === "aborted"))
    return good ? { text: reply(good.ms), state: "answered" } : { text: page.symbols.none, state: "silent" }
  const status = failed.code === "http-status" ? /\b[1-5]\d\d\b/.exec(failed.detail ?? "")?.[0] : undefined
  const text = status === undefined ? (words[failed.code] ?? failed.code) : `http ${status}`
  return { text, state: attempts.length === 0 ? "silent" : "failed" }
}

/** A torrent without any has a row that says so, unless they were not wanted. */
export function webSeedRows({ webSeeds, run }: Snapshot, page: Page): Cell[][] {
  const { none } = page.symbols
  const empty = { text: none }
  const row = (name: string, state: State, answer: string): Cell[] => [
    { mark: markOf(state, page), text: name, cut: "middle" },
    { text: answer },
    empty,
    empty,
    { text: `${none} ` },
  ]
  const wanted = run.discovery?.webSeeds === "on" && contactsPeers(run.depth)
  if (webSeeds.length === 0) return wanted ? [row("web seeds", "silent", "none")] : []
  const shown = webSeeds.slice(0, mostRows)
  const rows = shown.map((seed) => {
    const { text, state } = answerOf(seed, page)
    return row(page.cell(`web seed ${seed.url.replace(/^https?:\/\//, "")}`), state, text)
  })
  const rest = webSeeds.slice(mostRows)
  if (rest.length === 0) return rows
  const good = rest.filter((seed) => answerOf(seed, page).state === "answered").length
  return [...rows, row(plural(rest.length, "more web seed"), good > 0 ? "answered" : "silent", `${good} ok`)]
}

/** What only they have, where no reached peer told what it holds; and their rates. */
export function webSeedFacts({ webSeeds, swarm }: Snapshot, page: Page): string[] {
  const { whole = 0 } = swarm.webSeeds ?? {}
  const lines: string[] = []
  if (whole > 0 && swarm.availability === null)
    lines.push(`every piece only from ${plural(whole, "web seed")}`)
  const sampled = new Set(
    webSeeds.flatMap(({ samples = [] }) =>
      samples.filter(({ verified }) => verified === true).map(({ piece }) => piece),
    ),
  )
  if (sampled.size > 0) lines.push(`${plural(sampled.size, "piece")} from web seeds verified`)
  for (const { goodputBytesPerSecond: rate } of webSeeds.slice(0, mostRates)) {
    if (!rate) continue
    const unit = rateUnit(Math.max(rate.value, rate.high ?? 0))
    const shown = bound(rate, unit.bytes, page.symbols)
    lines.push(`rate of a web seed: ${shown} ${unit.name} (${interval(rate, unit.bytes, page.symbols)})`)
  }
  return lines
}
