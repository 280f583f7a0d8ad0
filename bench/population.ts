/**
 * How often the population estimates hold the truth, in every regime that their docstrings claim and some that they don't.
 * Keeps the figures in population-results.md.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  acrossOf,
  chao2Of,
  chapmanOf,
  coverageOf,
  lowerBoundOf,
  overTimeOf,
  threeOf,
  type Coverage,
  type Regime,
  unevenChao2Of,
} from "./population-regimes.ts"
import { swarmRegimes } from "./population-swarms.ts"

const runs = 1_000
const enough = 0.93
const populations = [20, 50, 200, 500, 2_000]
const shares = [0.1, 0.3, 0.5, 0.7, 0.9]

/** Of each method, what it claims. */
const claimed: readonly (readonly [title: string, regimes: readonly Regime[]])[] = [
  [
    "One list, drawn from again and again: Chao2",
    [
      ...[25, 200, 1_000, 2_000].flatMap((population) =>
        [2, 3, 4, 6].flatMap((draws) =>
          [20, 50, 200]
            .filter((size) => size < population && draws * (draws - 1) * size ** 2 >= 20 * population)
            .map((size) => chao2Of(population, draws, size)),
        ),
      ),
      chao2Of(200, 2, 180),
    ],
  ],
  [
    "The same while peers come and go",
    [false, true].flatMap((settled) =>
      [0, 0.1, 0.3, 0.5].flatMap((replaced) =>
        (
          [
            [25, 2, 20],
            [200, 2, 50],
            [200, 3, 50],
            [200, 6, 20],
            [220, 4, 200],
            [1_000, 3, 200],
            [1_000, 6, 50],
            [2_000, 2, 200],
            [2_000, 6, 200],
          ] as const
        ).map(([population, draws, size]) => overTimeOf(population, draws, size, replaced, settled)),
      ),
    ),
  ],
  [
    "Two independent sources: Chapman",
    populations.flatMap((population) =>
      shares.flatMap((one) =>
        shares.filter((other) => other >= one).map((other) => chapmanOf(population, [one, other])),
      ),
    ),
  ],
  [
    "Three sources, pairs of them dependent: log-linear",
    [100, 200, 500, 2_000].flatMap((population) =>
      [
        [0.3, 0.3, 0.3],
        [0.5, 0.5, 0.5],
        [0.7, 0.7, 0.7],
        [0.7, 0.3, 0.3],
        [0.6, 0.4, 0.2],
      ].flatMap((rates) => [0, 0.3, 0.6].map((copied) => threeOf(population, rates, copied))),
    ),
  ],
  [
    "Sources of any size: the lower bound",
    populations.flatMap((population) =>
      [
        [0.1, 0.9],
        [0.3, 0.3],
        [0.5, 0.5],
        [0.1, 0.1, 0.1],
        [0.1, 0.5, 0.9],
        [0.5, 0.5, 0.5],
        [0.9, 0.9, 0.9],
        [0.2, 0.2, 0.2, 0.2],
        [0.1, 0.3, 0.6, 0.9],
        [0.5, 0.5, 0.5, 0.5],
      ].flatMap((rates) => [
        lowerBoundOf(population, rates),
        lowerBoundOf(population, rates, { copied: 0.6 }),
        lowerBoundOf(population, rates, { hard: [0.5, 0.3] }),
        lowerBoundOf(population, rates, { hard: [0.3, 0] }),
      ]),
    ),
  ],
  [
    "The sources of a swarm: whichever of them fits",
    populations.flatMap((population) =>
      [
        [0.5, 0.5],
        [0.1, 0.2, 0.3],
        [0.5, 0.5, 0.5],
        [0.6, 0.4, 0.2],
        [0.5, 0.5, 0.5, 0.5],
      ].flatMap((rates) => [
        acrossOf(population, rates),
        acrossOf(population, rates, { copied: 0.6 }),
        acrossOf(population, rates, { hard: [0.8, 0.2] }),
      ]),
    ),
  ],
  ["Whole swarms", swarmRegimes],
]

/** Why the claims stop where they do. */
const notClaimed: readonly (readonly [why: string, regime: Regime])[] = [
  [
    "threeSources, upper end: half seen 0.3 times as easily by all",
    threeOf(500, [0.5, 0.5, 0.5], 0, [0.5, 0.3]),
  ],
  ["threeSources, upper end: 30% seen by none", threeOf(500, [0.5, 0.5, 0.5], 0, [0.3, 0])],
  ["chao2 behind sources of different size", unevenChao2Of(500, [0.1, 0.5, 0.9])],
]

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`

const rowOf = (name: string, { population, claims }: Regime, { given, held, value }: Coverage): string =>
  `| ${name} | ${population} | ${claims} | ${given} | ${given === 0 ? "–" : percent(held)} | ${given === 0 ? "–" : value.toFixed(2)} |`

/** Fewer estimates than this among the runs, and their share says nothing. */
const fewestGiven = 200
let [worst, tried, thin, thinMissed] = [1, 0, 0, 0]

const sections = claimed.map(([title, regimes]) => {
  const rows = regimes.map((regime) => {
    const coverage = coverageOf(regime, runs)
    if (coverage.given >= fewestGiven) {
      tried++
      worst = Math.min(worst, coverage.held)
    } else {
      thin++
      if (coverage.given > 0 && coverage.held < enough) thinMissed++
    }
    if (coverage.given >= fewestGiven && coverage.held < enough) {
      console.error(`${regime.population}, ${regime.name}: ${percent(coverage.held)}`)
      process.exitCode = 1
    }
    return rowOf(regime.name, regime, coverage)
  })
  return [`## ${title}`, "", ...heading(), ...rows, ""].join("\n")
})

function heading(): string[] {
  return [
    "| regime | truth | claimed | estimates | held the truth | median value / truth |",
    "| --- | --- | --- | --- | --- | --- |",
  ]
}

const text = [
  "# Population estimates: how often they hold the truth",
  "",
  `- \`node bench/population.ts\`, Node ${process.versions.node}, ${runs} runs a regime, seeded`,
  `- ${tried} regimes with at least ${fewestGiven} estimates: the least coverage is ${percent(worst)}, at least ${percent(enough)} is wanted`,
  `- ${thin} regimes with fewer, not in that figure: too few are seen again, and what is given is given by chance; ${thinMissed} of them fall short of ${percent(enough)} and are not claimed`,
  "- `low end`: no upper end is given, and the lower one is held against the truth",
  "",
  ...sections,
  "## Not claimed, and why",
  "",
  ...heading(),
  ...notClaimed.map(([why, regime]) => rowOf(why, regime, coverageOf(regime, runs))),
  "",
].join("\n")
writeFileSync(join(import.meta.dirname, "population-results.md"), text)
console.log(text.split("\n").slice(2, 5).join("\n"))
