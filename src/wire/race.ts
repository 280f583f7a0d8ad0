/** Two ways to one peer at once: the first to open wins, and the other closes before its handshake. */
import { fail, type Outcome } from "../failure.ts"
import type { Network } from "../network.ts"
import type { Way } from "./dial.ts"

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
  /** One dial; its failures are values. */
  run(way: Way, signal: AbortSignal, mayGreet: () => boolean): Promise<Outcome<T>>
  /** Called for each dial as it starts. */
  onStart(entrant: Entrant<T>): void
}

/** Resolves with the one that opened, else with how the first failed. The loser's outcome is `slower`. */
export async function race<T>(options: RaceOptions<T>): Promise<Outcome<T>> {
  const { network, way, beside, signal } = options
  const settled = new AbortController()
  let winner: Way | null = null

  function start(entered: Way): Promise<Outcome<T>> {
    const lost = new AbortController()
    const onSettled = () => {
      if (winner !== entered) lost.abort()
    }
    settled.signal.addEventListener("abort", onSettled, { once: true })
    const mayGreet = () => {
      if (winner !== null && winner !== entered) return false
      winner = entered
      settled.abort()
      return options.mayGreet()
    }
    const outcome = options
      .run(entered, AbortSignal.any([signal, lost.signal]), mayGreet)
      .then((dialled) => (!dialled.ok && winner !== null && winner !== entered ? fail("slower") : dialled))
    options.onStart({ way: entered, atMs: network.now(), outcome })
    return outcome
  }

  const first = start(way)
  if (beside === null) return first
  const waiting = new AbortController()
  void first.then(() => waiting.abort())
  await network.sleep(options.lateMs, AbortSignal.any([signal, settled.signal, waiting.signal]))
  if (signal.aborted || settled.signal.aborted || waiting.signal.aborted) return first
  const outcomes = await Promise.all([first, start(beside)])
  return outcomes.find(({ ok }) => ok) ?? outcomes.find(isOwn) ?? outcomes[0]
}

const isOwn = (outcome: Outcome<unknown>): boolean => !outcome.ok && outcome.failure.code !== "slower"
