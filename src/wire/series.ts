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

  return {
    points,
    get thinned() {
      return thinned
    },
    add(point) {
      if (lastIsProvisional()) points.pop()
      if (points.length === maxPoints) {
        points.splice(0, points.length, ...points.filter((_, at) => at % 2 === 0))
        spacingMs *= 2
        thinned = true
      }
      points.push(point)
    },
  }
}
