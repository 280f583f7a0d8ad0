const median = (values: readonly number[]): number => {
  const ascending = [...values].sort((a, b) => a - b)
  const middle = ascending.length / 2
  return ((ascending[Math.ceil(middle) - 1] ?? 0) + (ascending[Math.floor(middle)] ?? 0)) / 2
}

const leastForOutliers = 5
const farFromMedian = 3.5
/** Makes the median absolute deviation estimate σ of a normal distribution. */
const madToSigma = 1.4826

/**
 * Which of five or more counts are far from the rest: |robust z| > 3.5 on log counts (Iglewicz & Hoaglin 1993); null with fewer.
 * When most agree exactly, their spread counts as 10%.
 */
export function outliers(counts: readonly number[]): number[] | null {
  if (counts.length < leastForOutliers) return null
  const logs = counts.map((count) => Math.log1p(count))
  const middle = median(logs)
  const spread = Math.max(madToSigma * median(logs.map((log) => Math.abs(log - middle))), Math.log(1.1))
  return logs.flatMap((log, i) => (Math.abs(log - middle) / spread > farFromMedian ? [i] : []))
}
