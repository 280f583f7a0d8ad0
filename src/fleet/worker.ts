/**
 * A worker of a fleet. It says again and again that it lives; once nobody heard of it for as long as a lease lasts, others do its work,
 * and it ends its own audits. Every worker plans, and gives up those who are lost: there is no one machine that all depends on.
 */
import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { InputError } from "../failure.ts"
import { limits } from "../limits.ts"
import type { DueKey, Fleet, WorkerIdentity } from "../store/fleet.ts"
import { nameOf } from "../store/fleet/queue.ts"
import { handOut } from "./hand-out.ts"
import { Again, take, type Auditor } from "./take.ts"

export interface WorkerOptions extends Pick<WorkerIdentity, "vantage" | "host" | "pid" | "version"> {
  atOnce: number
  tell: (event: WorkerEvent) => void
}

export type WorkerEvent =
  | { type: "ready"; id: string }
  | { type: "ended"; name: string; dueAt: string; how: string; error: InputError | null }
  | { type: "trouble"; error: unknown }
  | { type: "lost" }

/** Until `stop` is aborted; then audits that run are ended and put back. Throws InputError where the store can't be used at all. */
export async function work(
  fleet: Fleet,
  auditor: Auditor,
  options: WorkerOptions,
  stop: AbortSignal,
): Promise<void> {
  let wasThere = false
  while (!stop.aborted) {
    try {
      await oneLease(fleet, auditor, options, stop)
      wasThere = true
    } catch (error) {
      // What can't begin at all is the user's to mend.
      if (!wasThere) throw error
      // A lease that was lost because the database is away: it comes back.
      options.tell({ type: "trouble", error })
      await pause(limits.fleet.beatMs, stop)
    }
  }
}

/** One life under one name: until it stops, or its lease is lost. */
async function oneLease(
  fleet: Fleet,
  auditor: Auditor,
  { atOnce, tell, ...identity }: WorkerOptions,
  stop: AbortSignal,
): Promise<void> {
  const id = randomUUID()
  const lost = new AbortController()
  const over = AbortSignal.any([stop, lost.signal])
  const locks = new Set<string>()
  await fleet.workers.enlist({ id, ...identity })
  tell({ type: "ready", id })
  const inHand = new Set<string>()
  let heardMs = performance.now()
  async function beat(): Promise<void> {
    const askedMs = performance.now()
    const isKnown = await fleet.workers.beat(id, [...locks])
    if (isKnown) heardMs = Math.max(heardMs, askedMs)
    else lost.abort()
  }

  const loops = [
    every(limits.fleet.beatMs, over, tell, async () => {
      await beat()
      await fleet.workers.giveUpLost()
      // A connection that broke while it handed one out: locked for us, and we never heard of it.
      await fleet.workers.freeStrays([...locks], [...inHand])
    }),
    // The beat itself may hang: this looks at the clock alone.
    every(limits.fleet.watchMs, over, tell, async () => {
      if (performance.now() - heardMs > limits.fleet.leaseMs - limits.fleet.beatMs) lost.abort()
    }),
    every(limits.fleet.planMs, over, tell, async () => {
      while ((await fleet.due.plan()) >= limits.fleet.planAtOnce && !over.aborted);
    }),
    every(limits.fleet.tidyMs, over, tell, () => fleet.manners.tidy()),
  ]

  const hands = {
    vantage: identity.vantage,
    atOnce,
    onLock(name: string) {
      locks.add(name)
      // At once: whoever is killed soon holds nothing that nobody knows of.
      void beat().catch((error: unknown) => tell({ type: "trouble", error }))
    },
    async take(key: DueKey) {
      const name = nameOf(key)
      // Its job is kept until that one has ended.
      if (inHand.has(name)) throw new Again("it is in hand")
      inHand.add(name)
      await takeOne(key).finally(() => inHand.delete(name))
    },
  }
  async function takeOne(key: DueKey): Promise<void> {
    const lease = { worker: id, stop: over, isLost: () => lost.signal.aborted }
    const done = await take(key, lease, fleet, auditor).catch(async (error: unknown) => {
      if (error instanceof Again) throw error
      // The store could not be asked, say: unless somebody else has it by now, it waits for another try.
      tell({ type: "trouble", error })
      await untilDone(() => fleet.due.retry(key, id, reasonOf(error), limits.fleet.leaseMs), over)
      return null
    })
    if (done !== null && done.target !== null)
      tell({
        type: "ended",
        name: done.target.name,
        dueAt: key.dueAt,
        how: done.how === "audited" ? (done.snapshot?.verdict.status ?? done.how) : done.how,
        error: done.error ?? null,
      })
  }
  while (!over.aborted) {
    try {
      await handOut(fleet, hands, over)
    } catch (error) {
      tell({ type: "trouble", error })
      // A queue that broke off holds what it had taken: nobody is at it any more.
      await fleet.workers.unlock([...locks]).then(
        () => locks.clear(),
        () => {},
      )
      await pause(limits.fleet.pollMs, over)
    }
  }
  await Promise.all(loops)
  if (lost.signal.aborted && !stop.aborted) return tell({ type: "lost" })
  // The queue may not have heard of every end.
  await fleet.workers.unlock([...locks]).catch(() => {})
  await fleet.manners.tidy().catch(() => {})
  await fleet.workers.leave(id).catch(() => {})
}

/** At once, and then again and again; what goes wrong is told, and tried the next time. */
async function every(
  ms: number,
  over: AbortSignal,
  tell: WorkerOptions["tell"],
  act: () => Promise<unknown>,
): Promise<void> {
  while (!over.aborted) {
    await act().catch((error: unknown) => tell({ type: "trouble", error }))
    await pause(ms, over)
  }
}

/** Again and again; `over` ends it, with what went wrong last. */
async function untilDone(act: () => Promise<void>, over: AbortSignal): Promise<void> {
  for (;;)
    try {
      return await act()
    } catch (error) {
      if (over.aborted) throw error
      await pause(limits.fleet.beatMs, over)
    }
}

const reasonOf = (error: unknown) =>
  error instanceof InputError ? error : { code: "internal", message: String(error) }

const pause = (ms: number, over: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal: over }).catch(() => {})
