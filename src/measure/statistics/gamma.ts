/** Quantiles of the gamma distribution, for exact intervals on counts. */

/** Lanczos, g = 7: relative error below 1e-14. */
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const t = x + 6.5
  const series = lanczos.reduce((sum, each, i) => (i === 0 ? each : sum + each / (x - 1 + i)), 0)
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(series)
}

const precision = 1e-14
const maxTerms = 100_000

/** P(X ≤ x) for X of that shape and scale 1: the series below the mean, else Lentz's continued fraction. Press et al., §6.2. */
export function gammaAtMost(shape: number, x: number): number {
  if (x <= 0) return 0
  const front = Math.exp(shape * Math.log(x) - x - logGamma(shape))
  if (x < shape + 1) {
    let term = 1 / shape
    let sum = term
    for (let k = 1; k < maxTerms && term > sum * precision; k++) {
      term *= x / (shape + k)
      sum += term
    }
    return Math.min(1, front * sum)
  }
  const tiny = 1e-300
  let b = x + 1 - shape
  let c = 1 / tiny
  let d = 1 / b
  let fraction = d
  for (let k = 1; k < maxTerms; k++) {
    const a = -k * (k - shape)
    b += 2
    d = 1 / (a * d + b || tiny)
    c = b + a / c || tiny
    fraction *= d * c
    if (Math.abs(d * c - 1) < precision) break
  }
  return Math.max(0, 1 - front * fraction)
}

/** Where P(X ≤ x) = p, by bisection to 1e-12 of itself. */
export function gammaQuantile(shape: number, p: number): number {
  if (shape <= 0 || p <= 0) return 0
  let [low, high] = [0, shape + 1]
  while (gammaAtMost(shape, high) < p) [low, high] = [high, 2 * high]
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2
    if (middle === low || middle === high) break
    if (gammaAtMost(shape, middle) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}
