/** What web seeds answered. */
import type { WebSeed } from "../../evidence.ts"
import type { Snapshot } from "../../report.ts"
import { plural, rateUnit } from "../units.ts"
import { outcome, yes } from "./answers.ts"
import { type Section, section, table } from "./frame.ts"
import { html, middle, nothing } from "./markup.ts"
import { rateText } from "./rates.ts"

const mostSeeds = 100

function seedRow(seed: WebSeed): string[] {
  const samples = seed.samples ?? []
  const good = samples.filter(({ verified }) => verified === true).length
  const bad = samples.filter(({ verified }) => verified === false).length
  const attempts = seed.attempts ?? []
  const rate = seed.goodputBytesPerSecond ?? null
  const unit = rateUnit(rate?.value ?? 0)
  const asked = seed.attempts !== undefined
  return [
    middle(seed.url, 200),
    seed.bep === undefined ? "–" : `BEP ${seed.bep}`,
    asked ? outcome(seed.ok === true, seed.failure) : "not asked",
    asked ? `${attempts.filter(({ ok }) => ok).length}/${attempts.length}` : "–",
    yes(seed.rangeSupported),
    yes(seed.lengthsRight),
    asked ? `${good}/${bad}` : "–",
    rate === null ? "–" : `${rateText(rate, unit)} ${unit.name}`,
    seed.finalUrl == null ? "–" : middle(seed.finalUrl, 200),
  ]
}

export function webSeeds({ webSeeds: all }: Snapshot): Section {
  if (all.length === 0) return section("web-seeds", "Web seeds", [])
  const rest = all.length - mostSeeds
  const columns = [
    { head: "web seed", long: true },
    { head: "kind" },
    { head: "outcome" },
    { head: "requests right", number: true },
    { head: "ranges" },
    { head: "lengths right" },
    { head: "pieces good/bad", number: true },
    { head: "rate (95% interval)", number: true },
    { head: "redirected to", long: true },
  ]
  return section(
    "web-seeds",
    "Web seeds",
    [
      table("Web seeds", columns, all.slice(0, mostSeeds).map(seedRow), false),
      rest > 0 ? html`<p class="fact">and ${plural(rest, "more web seed")}</p>` : nothing,
    ],
    true,
  )
}
