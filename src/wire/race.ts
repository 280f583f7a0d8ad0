/** Two ways to one peer at once: the first to open wins, and the other closes before its handshake. */
import { fail, type Outcome } from "../failure.ts"
import type { Network } from "../network.ts"
import type { Way } from "./dial.ts"
import { linked } from "./waiting.ts"

export interface Entrant<T> {
  readonly way: Way
  readonly atMs: number
  readonly outcome: Promise<Outcome<T>>
}

export interface RaceOptions<T> {
  readonly network: Pick<Network, "now" | "sleep">
  readonly way: Way
  /** Starts when the first has neither opened nor failed after `lateMs`. */
  readonly beside: Way | null
  readonly lateMs: number
  readonly signal: AbortSignal
  /** Asked of who opens first, each time that it asks; false also ends the other. */
  mayGreet(): boolean
  /** One dial; its failures are values. The signal ends it until it has opened, and not after that. */
  run(way: Way, signal: AbortSignal, mayGreet: () => boolean): Promise<Outcome<T>>
  /** Called for each dial as it starts. */
  onStart(entrant: Entrant<T>): void
}

/** Resolves with the one that opened, else with how the first failed. The loser's outcome is `slower`. */
export async function race<T>(options: RaceOptions<T>): Promise<Outcome<T>> {
  const { network, way, beside, signal } = options
  /** Aborted once somebody opened, or the first has failed: nobody starts any more. */
  const settled = linked(signal)
  const entrants: { entered: Way; abort: (why: string) => void }[] = []
  let winner: Way | null = null

  async function start(entered: Way): Promise<Outcome<T>> {
    const own = linked(signal)
    entrants.push({ entered, abort: own.abort })
    const mayGreet = () => {
      if (winner !== null && winner !== entered) return false
      winner = entered
      settled.abort("opened")
      for (const other of entrants) if (other.entered !== entered) other.abort("slower")
      return options.mayGreet()
    }
    const running = options.run(entered, own.signal, mayGreet)
    const outcome = running.then((dialled) => {
      own.release()
      return !dialled.ok && winner !== null && winner !== entered ? fail("slower") : dialled
    })
    options.onStart({ way: entered, atMs: network.now(), outcome })
    return outcome
  }

  const first = start(way)
  if (beside === null) {
    settled.release()
    return first
  }
  void first.then(() => settled.abort("over"))
  await network.sleep(options.lateMs, settled.signal)
  settled.release()
  if (settled.signal.aborted) return first
  const outcomes = await Promise.all([first, start(beside)])
  return outcomes.find(({ ok }) => ok) ?? outcomes.find(isOwn) ?? outcomes[0]
}

const isOwn = (outcome: Outcome<unknown>): boolean => !outcome.ok && outcome.failure.code !== "slower"
