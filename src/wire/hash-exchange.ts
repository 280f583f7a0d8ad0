/** BEP 52 hash requests to one peer, each with its answer, its refusal, or its end in time. */
import { fail, succeed, type Failure, type Outcome } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Network } from "../network.ts"
import type { HashRequest } from "../torrent/v2-pieces.ts"
import { createAlarm } from "./alarm.ts"
import { answers, encodeHashRange, type HashAnswer } from "./hash-messages.ts"

export interface HashExchange {
  /** The hashes, not yet proven, or `bad-proof`, or why the session ended. Never rejects. */
  ask(request: HashRequest): Promise<Outcome<Uint8Array>>
  /** It refused, was silent, or answered what was not asked: asking it for a proof again is no use. */
  readonly failed: boolean
  /** False: not asked for. */
  onAnswer(answer: HashAnswer): boolean
  /** What it sent proves nothing. */
  distrust(): void
  end(why: Failure): void
}

interface Pending {
  readonly request: HashRequest
  readonly bytes: Uint8Array
  /** Null: it waits until others were answered. */
  dueMs: number | null
  readonly promise: Promise<Outcome<Uint8Array>>
  readonly settle: (outcome: Outcome<Uint8Array>) => void
}

const { answerMs, maxPending } = limits.hashes

export function createHashExchange(options: {
  network: Pick<Network, "now" | "after">
  send: (range: Uint8Array) => void
}): HashExchange {
  const { network, send } = options
  /** In the order that they were asked in; as many as a pipeline has pieces at most. */
  const pending = new Map<string, Pending>()
  let inAir = 0
  let failed = false
  let ended: Failure | null = null
  const alarm = createAlarm(network, expire)

  function expire(): void {
    const nowMs = network.now()
    for (const [range, { dueMs, settle }] of pending) {
      if (dueMs === null) continue
      if (dueMs > nowMs) {
        alarm.set(dueMs)
        continue
      }
      pending.delete(range)
      inAir--
      failed = true
      settle(fail("bad-proof", "no answer to a hash request"))
    }
    sendMore()
  }

  function sendMore(): void {
    for (const [range, each] of pending) {
      if (each.dueMs !== null) continue
      if (failed) {
        pending.delete(range)
        each.settle(fail("bad-proof", "an earlier hash request failed"))
        continue
      }
      if (inAir >= maxPending) return
      inAir++
      each.dueMs = network.now() + answerMs
      alarm.set(each.dueMs)
      send(each.bytes)
    }
  }

  return {
    ask(request) {
      if (ended !== null) return Promise.resolve({ ok: false, failure: ended })
      const bytes = encodeHashRange(request)
      const range = Buffer.from(bytes).toString("hex")
      const same = pending.get(range)
      if (same) return same.promise
      const { promise, resolve: settle } = Promise.withResolvers<Outcome<Uint8Array>>()
      pending.set(range, { request, bytes, dueMs: null, promise, settle })
      sendMore()
      return promise
    },
    get failed() {
      return failed
    },
    onAnswer({ range, hashes }) {
      const asked = pending.get(range)
      if (asked === undefined || asked.dueMs === null) return false
      pending.delete(range)
      inAir--
      if (hashes !== null && answers(asked.request, hashes)) asked.settle(succeed(hashes))
      else {
        failed = true
        asked.settle(
          fail("bad-proof", hashes === null ? "hash request rejected" : "another number of hashes"),
        )
      }
      sendMore()
      return true
    },
    distrust() {
      failed = true
    },
    end(why) {
      ended ??= why
      alarm.clear()
      for (const { settle } of pending.values()) settle({ ok: false, failure: why })
      pending.clear()
    },
  }
}
