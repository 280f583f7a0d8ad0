/** Peers that unchoke and give nothing, and honest ones that look like it for a while. */
import type { Behaviour, Block } from "./steps.ts"
import type { Visit } from "./visit.ts"

/** Says this and that, and never sends a block: keep-alives, and HAVE for what it has claimed before. */
export const chattySnubber =
  (everyMs = 5_000): Behaviour =>
  (steps) => ({
    ...steps,
    interested(visit) {
      steps.interested(visit)
      visit.every(everyMs, () => {
        visit.send(new Uint8Array(4))
        visit.wire.have(0)
      })
    },
    serve: () => undefined,
  })

/** Claims, unchokes, and rejects every request (BEP 6). */
export const rejectsEverything: Behaviour = (steps) => ({
  ...steps,
  serve(_visit, block) {
    block.respond(new Error("no"))
    return undefined
  },
})

/** Unchokes and chokes again, and never sends a block. */
export const chokesAgain =
  (everyMs: number): Behaviour =>
  (steps) => ({
    ...steps,
    interested(visit) {
      steps.interested(visit)
      visit.every(everyMs, () => {
        visit.wire.choke()
        visit.later(everyMs / 4, () => visit.wire.unchoke())
      })
    },
    serve: () => undefined,
  })

const later = (visit: Visit, ms: number, serve: () => (() => void) | undefined): (() => void) => {
  let over = false
  let stop: (() => void) | undefined
  visit.later(ms, () => {
    if (!over) stop = serve()
  })
  return () => {
    over = true
    stop?.()
  }
}

/** Honest: so long after its unchoke nothing comes, as from a disk that wakes up, and then all does. */
export const slowToBegin =
  (ms: number): Behaviour =>
  (steps) => {
    const sinceMs = new WeakMap<Visit, number>()
    return {
      ...steps,
      interested(visit) {
        sinceMs.set(visit, visit.host.network.now())
        steps.interested(visit)
      },
      serve(visit, block: Block) {
        const waitMs = (sinceMs.get(visit) ?? 0) + ms - visit.host.network.now()
        return waitMs > 0 ? later(visit, waitMs, () => steps.serve(visit, block)) : steps.serve(visit, block)
      },
    }
  }

/** Honest: from `fromMs` after its start on nothing leaves for `ms`, and what was asked for then comes late. */
export const deadLine = (fromMs: number, ms: number): Behaviour => {
  let startedMs: number | null = null
  return (steps) => ({
    ...steps,
    accepted(visit) {
      startedMs ??= visit.host.network.now()
      steps.accepted(visit)
    },
    serve(visit, block) {
      const atMs = visit.host.network.now() - (startedMs ?? 0)
      return atMs >= fromMs && atMs < fromMs + ms
        ? later(visit, fromMs + ms - atMs, () => steps.serve(visit, block))
        : steps.serve(visit, block)
    },
  })
}
