/** One due audit, from its beginning to its one end. */
import { setTimeout as sleep } from "node:timers/promises"
import { InputError } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Snapshot } from "../report.ts"
import type { DueKey, Fleet, FleetTarget, SharedAnswers } from "../store/fleet.ts"

interface Failure {
  error: InputError
  isFinal: boolean
}

/** `isFinal`: trying again mends nothing. `stopped`: a signal came first. */
export type Audited =
  | { kind: "audited"; snapshot: Snapshot }
  | ({ kind: "failed" } & Failure)
  | { kind: "stopped" }

export interface Auditor {
  /** Whom it would ask; none: it has no need of a turn. */
  hostsOf(target: FleetTarget): readonly string[]
  audit(target: FleetTarget, answers: SharedAnswers, stop: AbortSignal): Promise<Audited>
}

export interface Taken {
  /** `again`: it failed, and waits; `later`: it didn't begin; `repeated`: somebody else's was first; `nothing`: it is nobody's to begin. */
  how: "audited" | "repeated" | "failed" | "again" | "later" | "nothing"
  /** Null: `nothing`. */
  target: FleetTarget | null
  snapshot?: Snapshot
  error?: InputError
}

/** Thrown where the queue shall hand it out again. */
export class Again extends Error {}

export interface Lease {
  /** By which the worker is known now. */
  worker: string
  /** It leaves, or `isLost`: then what it has begun is somebody else's, neither recorded nor put back. */
  stop: AbortSignal
  isLost: () => boolean
}

type Store = Pick<Fleet, "due" | "manners">

export async function take(key: DueKey, lease: Lease, store: Store, auditor: Auditor): Promise<Taken> {
  const { due, manners } = store
  const begun = await due.begin(key, lease.worker)
  if (begun === null) return { how: "nothing", target: null }
  const { target, attempt, hasTurn } = begun
  if (attempt > limits.fleet.maxAttempts) {
    const message = `no worker came to its end in ${attempt - 1} tries`
    await due.fail(key, lease.worker, { code: "worker-lost", message })
    return { how: "failed", target }
  }
  const hosts = hasTurn ? [] : auditor.hostsOf(target)
  const waitMs = hosts.length === 0 ? 0 : await manners.turn(hosts)
  if (waitMs > limits.fleet.maxTurnWaitMs) {
    await due.putBack(key, lease.worker, waitMs, true)
    return { how: "later", target }
  }
  if (waitMs > 0) await sleep(waitMs, undefined, { signal: lease.stop }).catch(() => {})
  const answers = await manners.answers(key.vantage, key.infoHash)
  const audited: Audited = lease.stop.aborted
    ? { kind: "stopped" }
    : await auditor.audit(target, answers, lease.stop)
  await answers.settled()
  if (lease.isLost()) throw new Again("the lease was lost")
  return { target, ...(await end(key, lease.worker, audited, attempt, due)) }
}

async function end(
  key: DueKey,
  worker: string,
  audited: Audited,
  attempt: number,
  due: Store["due"],
): Promise<Omit<Taken, "target">> {
  if (audited.kind === "stopped") {
    await due.putBack(key, worker, 0, false)
    return { how: "later" }
  }
  if (audited.kind === "failed") return failed(audited)
  const { snapshot } = audited
  try {
    return { how: (await due.record(key, snapshot)) ? "audited" : "repeated", snapshot }
  } catch (error) {
    // What can't be kept is tried as often as what else fails.
    if (!(error instanceof InputError)) throw error
    return failed({ error, isFinal: false })
  }

  async function failed({ error, isFinal }: Failure): Promise<Omit<Taken, "target">> {
    if (isFinal || attempt >= limits.fleet.maxAttempts) {
      await due.fail(key, worker, error)
      return { how: "failed", error }
    }
    await due.retry(key, worker, error, backOffMs(attempt))
    return { how: "again", error }
  }
}

/** eⁿ seconds. */
const backOffMs = (attempt: number): number => Math.exp(Math.min(attempt, 10)) * 1_000
