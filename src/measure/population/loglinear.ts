import type { Estimate } from "../../evidence.ts"
import { peopleBetween, z95, confidence } from "../population.ts"

/** Cells by who saw: bit 0 the first source, bit 1 the second, bit 2 the third; index 0, nobody, is what is asked for. */
type Cells = readonly number[]

/** Fewer in any cell, and neither the models' fit nor the interval holds. */
const leastInCell = 5

interface Fit {
  /** Nobody saw them. */
  unseen: number
  /** G², and its degrees of freedom. */
  deviance: number
  freedom: number
}

/**
 * Population behind three sources, any pairs of which may be dependent: N̂ = D + n̂₀₀₀ of a log-linear model without the
 * three-way interaction (Fienberg 1972). Of its eight hierarchical models (no, one, two or all three pairs dependent) the one
 * of least AIC gives the value. The interval, logarithmic in the unseen, is that of the model with all pairs, which holds
 * whichever is true, so that choosing costs no coverage. Null when a cell is too thin.
 *
 * Assumes a closed population, ten or more expected in each cell, and no dependence of all three beyond the pairs': with
 * peers that every source finds more easily the value is too low and the upper end doesn't hold; nor does it where cells are
 * expected to be thinner and happen not to be. Simulated: sources of 20% to 70% of 100 to 2,000; a second that copies the
 * first for up to 60% of the peers.
 */
export function threeSources(sources: readonly ReadonlySet<unknown>[]): Estimate | null {
  if (sources.length !== 3) return null
  const cells = cellsOf(sources)
  if (cells.slice(1).some((cell) => cell < leastInCell)) return null
  const distinct = cells.reduce((a, b) => a + b)
  const aic = ({ deviance, freedom }: Fit): number => deviance - 2 * freedom
  const best = modelsOf(cells).reduce((least, fit) => (aic(fit) < aic(least) ? fit : least))
  const value = distinct + best.unseen
  const half = cells.map((cell) => cell + 0.5)
  const unseen = allDependent(half, 0).unseen
  const variance = half.slice(1).reduce((sum, cell) => sum + 1 / cell, 1 / unseen)
  const { low, high } = peopleBetween(distinct, unseen, z95 * Math.sqrt(variance))
  return {
    value,
    low: Math.min(low, value),
    high: Math.max(high, value),
    n: distinct,
    confidence,
    censored: false,
  }
}

function cellsOf(sources: readonly ReadonlySet<unknown>[]): number[] {
  const cells = Array.from({ length: 8 }, () => 0)
  for (const one of new Set(sources.flatMap((source) => [...source]))) {
    const cell = sources.reduce((sum, source, i) => sum + (source.has(one) ? 1 << i : 0), 0)
    cells[cell] = (cells[cell] ?? 0) + 1
  }
  return cells
}

const triples = [
  [1, 2, 4],
  [2, 1, 4],
  [4, 1, 2],
] as const

const modelsOf = (cells: Cells): Fit[] => [
  allDependent(cells, 1),
  ...triples.map(([a, b, c]) => dependentGiven(cells, a, b, c)),
  ...triples.map(([a, b, c]) => oneApart(cells, a, b, c)),
  independent(cells),
]

const at = (cells: Cells, cell: number): number => cells[cell] ?? 0

/**
 * Every pair dependent: the odds ratio of two is the same whether the third saw or not. One
 * more in each cell below the line lessens the bias.
 */
const allDependent = (cells: Cells, more: number): Fit => ({
  unseen:
    (at(cells, 7) * at(cells, 1) * at(cells, 2) * at(cells, 4)) /
    ((at(cells, 3) + more) * (at(cells, 5) + more) * (at(cells, 6) + more)),
  deviance: 0,
  freedom: 0,
})

/** `b` and `c` are independent among those whom `a` saw, and among those whom it didn't. */
const dependentGiven = (cells: Cells, a: number, b: number, c: number): Fit => ({
  unseen: (at(cells, b) * at(cells, c)) / (at(cells, b | c) + 1),
  deviance: independence([
    [at(cells, a), at(cells, a | b)],
    [at(cells, a | c), at(cells, a | b | c)],
  ]),
  freedom: 1,
})

/** `a` is independent of what the other two saw. */
function oneApart(cells: Cells, a: number, b: number, c: number): Fit {
  const without = [b, c, b | c].map((cell) => at(cells, cell))
  const seen = [b, c, b | c].map((cell) => at(cells, cell | a))
  const sum = (counts: readonly number[]): number => counts.reduce((x, y) => x + y)
  return {
    unseen: (at(cells, a) * sum(without)) / (sum(seen) + 1),
    deviance: independence([without, seen]),
    freedom: 2,
  }
}

/** All three independent: the N at which those seen are as many as expected, D = N·(1 − Π(1 − nᵢ/N)) (Darroch 1958). */
function independent(cells: Cells): Fit {
  const unseen = unseenIfIndependent(cells)
  const fitted = fittedCells(cells, unseen)
  const terms = cells.map((cell, i) => (i === 0 ? 0 : cell * Math.log(cell / at(fitted, i))))
  return { unseen, deviance: 2 * terms.reduce((a, b) => a + b), freedom: 3 }
}

const margins = (cells: Cells): number[] =>
  [1, 2, 4].map((bit) => cells.reduce((sum, cell, i) => sum + (i & bit ? cell : 0), 0))

function unseenIfIndependent(cells: Cells): number {
  const sizes = margins(cells)
  const distinct = cells.slice(1).reduce((a, b) => a + b)
  const missing = (unseen: number): number =>
    sizes.reduce((share, size) => share * (1 - size / (distinct + unseen)), distinct + unseen) - unseen
  let [low, high] = [0, distinct]
  while (missing(high) > 0 && high < 1e9) high *= 2
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (missing(middle) > 0) low = middle
    else high = middle
  }
  return (low + high) / 2
}

function fittedCells(cells: Cells, unseen: number): number[] {
  const population = cells.slice(1).reduce((a, b) => a + b) + unseen
  const shares = margins(cells).map((size) => size / population)
  return cells.map((_, i) =>
    shares.reduce((product, share, k) => product * (i & (1 << k) ? share : 1 - share), population),
  )
}

/** G² of a table whose rows and columns should be independent. */
function independence(rows: readonly (readonly number[])[]): number {
  const sums = rows.map((row) => row.reduce((a, b) => a + b))
  const columns = (rows[0] ?? []).map((_, j) => rows.reduce((sum, row) => sum + (row[j] ?? 0), 0))
  const all = sums.reduce((a, b) => a + b)
  const terms = rows.flatMap((row, i) =>
    row.map((n, j) => n * Math.log((n * all) / ((sums[i] ?? 1) * (columns[j] ?? 1)))),
  )
  return 2 * terms.reduce((a, b) => a + b)
}
