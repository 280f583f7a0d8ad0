/** Would chance alone explain it? Two runs of a swarm that stayed as it was differ all the same: by whom they could reach. */
import { binomialAtMost, fisherLess, type Tally } from "../measure/statistics/fisher.ts"

/** Both sides of a question that is asked of several counts at every diff: 1 in 100. */
const rare = 0.01

/** A share that differs by less is of no consequence, however certain it is. */
const materialShare = 0.1

/** Two samples of a size at which sums of chances still are quick; more certain than certain is not needed. */
const mostTested = 10_000

/** One of two shares is lower by more than chance explains (Fisher's exact test), and by a tenth of all at least. */
export function sharesDiffer(one: Tally, other: Tally): boolean {
  if (one.tested === 0 || other.tested === 0) return false
  if (Math.abs(one.alive / one.tested - other.alive / other.tested) < materialShare) return false
  const [a, b] = [scaled(one), scaled(other)]
  return 2 * Math.min(fisherLess(a, b), fisherLess(b, a)) < rare
}

/** Two counts of what comes and goes by itself (Poisson): given their sum, the lower one is a binomial of it, half and half. */
export function countsDiffer(one: number, other: number): boolean {
  const sum = one + other
  if (sum > mostTested) return Math.abs(one - other) > 2.6 * Math.sqrt(sum)
  return 2 * binomialAtMost({ alive: Math.min(one, other), tested: sum }, 0.5) < rare
}

const scaled = ({ alive, tested }: Tally): Tally => {
  const factor = Math.min(1, mostTested / tested)
  return { alive: Math.round(alive * factor), tested: Math.round(tested * factor) }
}
