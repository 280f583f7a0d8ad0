/** A record in time that never grows beyond its bound: first and last are always kept, the rest gets sparser. */
export interface Series<T> {
  readonly points: T[]
  /** Points were left out beyond the asked spacing, to stay within the bound. */
  readonly thinned: boolean
  add(point: T): void
}

export function createSeries<T>(options: {
  maxPoints: number
  spacingMs: number
  timeOf(point: T): number
  /** What a point says holds until the next one, so that the last one before a pause counts, however near to others it is. */
  inSteps?: boolean
}): Series<T> {
  const { maxPoints } = options
  const points: T[] = []
  let spacingMs = options.spacingMs
  let thinned = false

  /** The last point is provisional while it is nearer than that to the one before it. */
  const lastIsProvisional = (): boolean => {
    const before = points.at(-2)
    const last = points.at(-1)
    return (
      before !== undefined && last !== undefined && options.timeOf(last) - options.timeOf(before) < spacingMs
    )
  }

  const afterPause = (point: T): boolean => {
    const last = points.at(-1)
    return last !== undefined && options.timeOf(point) - options.timeOf(last) >= spacingMs
  }

  return {
    points,
    get thinned() {
      return thinned
    },
    add(point) {
      if (lastIsProvisional() && !(options.inSteps && afterPause(point))) points.pop()
      if (points.length === maxPoints) {
        points.splice(0, points.length, ...points.filter((_, at) => at % 2 === 0))
        spacingMs *= 2
        thinned = true
      }
      points.push(point)
    },
  }
}
