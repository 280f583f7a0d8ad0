/**
 * Goodput is measured by one audit at a time. What two sets of peers do to each other over one link only a trial could tell, and a trial
 * names its peers in the evidence of one audit: so a set is measured to its end, and the turn then goes round.
 */

/** One audit's part of it. */
export interface MeasuringTurn {
  /** Whether it may begin with another peer; if not, it is told when its turn comes. */
  may(): boolean
  /** It measures nobody: whose turn is next? */
  rest(): void
  /** Resolves with the turn, kept until the answer is called; undefined when the signal comes first. */
  alone(signal: AbortSignal): Promise<(() => void) | undefined>
  /** A piece of that host would disturb what another audit measures. */
  disturbs(host: string | null): boolean
  /** From now on that is how it is told, and what is asked of it. The latest call counts. */
  attach(measurer: Measurer): void
}

export interface Measurer {
  onTurn(): void
  /** Somebody waits to be measured. */
  isWaiting(): boolean
  /** Peers are asked together and apart. */
  isTrying(): boolean
  /** That host is being measured. */
  measures(host: string): boolean
}

export interface TurnMember extends MeasuringTurn {
  /** It waits while another audit has the turn. */
  readonly waits: boolean
  leave(): void
}

interface Seat {
  measurer: Measurer
  /** Who waits for the whole turn. */
  readonly alone: Set<() => void>
  pins: number
  /** It wants to go on after the others. */
  again: boolean
}

/** As long as others wait, nobody new begins after that: whoever is being measured by then is measured to the end. */
const quantumMs = 10_000

const idle: Measurer = { onTurn() {}, isWaiting: () => false, isTrying: () => false, measures: () => false }

export function createMeasuring(now: () => number): { join(): TurnMember } {
  const queue = new Set<Seat>()
  let holder: Seat | null = null
  let sinceMs = 0

  const isWaiting = ({ measurer, alone }: Seat) => alone.size > 0 || measurer.isWaiting()

  function give(seat: Seat): void {
    holder = seat
    sinceMs = now()
    seat.again = false
    for (const enter of seat.alone) enter()
    seat.measurer.onTurn()
  }

  function release(seat: Seat): void {
    if (holder !== seat || seat.pins > 0) return
    holder = null
    if (seat.again) queue.add(seat)
    for (const next of queue) {
      queue.delete(next)
      if (isWaiting(next)) return give(next)
    }
  }

  return {
    join() {
      const seat: Seat = { measurer: idle, alone: new Set(), pins: 0, again: false }
      return {
        may() {
          if (holder === null) {
            holder = seat
            sinceMs = now()
          }
          const others = [...queue].some((other) => other !== seat && isWaiting(other))
          const goesOn = holder === seat && (!others || now() - sinceMs < quantumMs)
          if (!goesOn && holder === seat) seat.again = true
          else if (!goesOn) queue.add(seat)
          return goesOn
        },
        rest: () => release(seat),
        alone(signal) {
          return new Promise((resolve) => {
            const onAbort = () => {
              seat.alone.delete(enter)
              resolve(undefined)
            }
            const enter = () => {
              seat.alone.delete(enter)
              signal.removeEventListener("abort", onAbort)
              seat.pins++
              let pinned = true
              resolve(() => {
                if (pinned) seat.pins--
                pinned = false
                // Asked to go on, it gives the turn away itself if it measures nobody.
                if (seat.measurer === idle) release(seat)
                else seat.measurer.onTurn()
              })
            }
            if (signal.aborted) return resolve(undefined)
            signal.addEventListener("abort", onAbort, { once: true })
            seat.alone.add(enter)
            if (holder === null) give(seat)
            else if (holder === seat) enter()
            else queue.add(seat)
          })
        },
        disturbs(host) {
          if (holder === null || holder === seat) return false
          return holder.measurer.isTrying() || (host !== null && holder.measurer.measures(host))
        },
        attach(measurer) {
          seat.measurer = measurer
        },
        get waits() {
          return holder !== null && holder !== seat && isWaiting(seat)
        },
        leave() {
          Object.assign(seat, { measurer: idle, pins: 0, again: false })
          seat.alone.clear()
          queue.delete(seat)
          release(seat)
        },
      }
    },
  }
}
