/** A straight line through measurements, and how far off its slope may be. */
export interface Line {
  slope: number
  /** 95% interval. */
  low: number
  high: number
}

/** Two-sided 95%, by degrees of freedom: 1, 2, 3…; further ones are close to the last. */
const student = [
  12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
]

/**
 * Least squares. Neighbouring measurements of one process are alike, so that each counts for less than one: they are averaged in `blocks`
 * first, as many of each as can be, and the interval is that of a line through the averages.
 */
export function lineThrough(points: readonly (readonly [x: number, y: number])[], blocks = 12): Line {
  const count = Math.min(blocks, points.length)
  const means = Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * points.length) / count)
    const block = points.slice(from, Math.floor(((i + 1) * points.length) / count))
    return [meanOf(block.map(([x]) => x)), meanOf(block.map(([, y]) => y))] as const
  })
  const [x0, y0] = [meanOf(means.map(([x]) => x)), meanOf(means.map(([, y]) => y))]
  const spread = sumOf(means.map(([x]) => (x - x0) ** 2))
  const slope = sumOf(means.map(([x, y]) => (x - x0) * (y - y0))) / spread
  const left = sumOf(means.map(([x, y]) => (y - y0 - slope * (x - x0)) ** 2))
  const free = count - 2
  const error = free > 0 ? Math.sqrt(left / free / spread) : Infinity
  const width = (student[free - 1] ?? student.at(-1) ?? Infinity) * error
  return { slope, low: slope - width, high: slope + width }
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
const meanOf = (values: readonly number[]): number => sumOf(values) / values.length
