/** Requests to one peer (BEP 3, BEP 6): pieces and single blocks in the order they were asked for, enough blocks in the air, and every way it can end. */
import type { Sample } from "../evidence.ts"
import { failure, type Failure } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Network } from "../network.ts"
import { createAlarm } from "./alarm.ts"
import {
  addBlock,
  blockCount,
  blockLength,
  createFetch,
  peekBlock,
  takeBlock,
  toSample,
  type Fetch,
  type LoneBlock,
} from "./fetch.ts"
import { deadlinesOf, dueTime, overdue, rejectGraceMs } from "./overdue.ts"
import { createPacing } from "./pace.ts"
import type { Proof, Verdict } from "./proof.ts"
import { createSilence, type Span } from "./silence.ts"
import { createStopwatch } from "./stopwatch.ts"
import { createStrays } from "./strays.ts"
import type { Lane, Throttle } from "./throttle.ts"

export interface Pipeline {
  fetch(piece: number, signal: AbortSignal): Promise<Sample>
  fetchBlock(piece: number, lone: LoneBlock, proof: Proof, signal: AbortSignal): Promise<Sample>
  /** Pieces that are still on their way, as they stand. */
  unfinished(): Sample[]
  /** The longest time without an answer that it owed us: blocks and rejects end one, a choke does, other messages don't. */
  longestSilence(nowMs: number): Span | null
  onChoke(nowMs: number): void
  onUnchoke(nowMs: number): void
  onAllowedFast(piece: number, nowMs: number): void
  /** It no longer claims the piece: what was asked of that is called off. */
  onDontHave(piece: number, nowMs: number): void
  /** False when nobody asked for it. */
  onBlock(piece: number, offset: number, block: Uint8Array, nowMs: number): boolean
  /** False when nobody asked for it. */
  onReject(piece: number, offset: number, nowMs: number): boolean
  end(why: Failure): void
}

export interface PipelineOptions {
  network: Pick<Network, "now" | "after">
  startedMs: number
  throttle: Throttle
  blockMs: number
  pieceBytes: number
  /** Piece length in bytes: the last piece may be shorter. */
  lengthOf(piece: number): number
  proofOf(piece: number): Proof
  reqq(): number
  hasFast(): boolean
  ask(piece: number, offset: number, length: number): void
  withdraw(piece: number, offset: number, length: number): void
  /** Bytes of a block that was asked for, wanted to the end or not, before its sample can be complete. */
  onReceived(bytes: number): void
  onSample(sample: Sample): void
  /** More than was asked for, beyond what mistakes explain. */
  onViolation(detail: string): void
}

const { blockBytes } = limits.peer
/** Blocks held because an earlier one is missing: 16 MiB, more than any honest reordering. */
const maxHeld = 1_024

/** BEP 6: its right, whatever it had allowed. */
const notSoFast = failure("choked", "an allowed fast piece was not given")
const unclaimed = failure("aborted", "the peer no longer claims the piece")

interface Request {
  fetch: Fetch
  block: number
  bytes: number
  sentMs: number
}

export function createPipeline(options: PipelineOptions): Pipeline {
  const { network, throttle, blockMs } = options
  const blocksPerPiece = blockCount(options.pieceBytes)
  const fetches = new Set<Fetch>()
  const inAir = new Map<number, Request>()
  const strays = createStrays(throttle)
  const allowedFast = new Set<number>()
  const lane: Lane = throttle.lane()
  const pacing = createPacing(() => options.reqq())
  const alarm = createAlarm(network, () => turn(network.now()))
  let choked = true
  let lastChokeMs = -Infinity
  /** The snub clock: how long we have waited for any block, while the peer could send one. */
  const silence = createStopwatch()
  /** Who never answers is asked for other pieces by and by; that starts no new silence. */
  const muteness = createSilence()
  /** A place in the throttle's queue. */
  let slotMs: number | null = null
  let ended: Failure | null = null

  const keyOf = (piece: number, block: number) => piece * blocksPerPiece + block
  const mayAsk = (fetch: Fetch) => !choked || allowedFast.has(fetch.piece)

  /** Null for an offset that no request of ours has. */
  function keyAt(piece: number, offset: number): number | null {
    const block = offset / blockBytes
    return Number.isInteger(block) && block >= 0 && block < blocksPerPiece ? keyOf(piece, block) : null
  }

  const awaitsAny = () => inAir.values().some(({ fetch }) => mayAsk(fetch))
  const patienceOf = ({ lone }: Fetch) => lone?.patienceMs ?? blockMs
  const patienceMs = () => Math.max(blockMs, ...fetches.values().map(patienceOf))
  const dueOf = (fetch: Fetch, nowMs: number) =>
    fetch.lone?.deadlineMs === undefined
      ? dueTime(fetches, nowMs, patienceOf(fetch))
      : nowMs + fetch.lone.deadlineMs

  /** Its answer may come all the same: what is set aside for it goes from the fetch to the strays. */
  function excuse(key: number, { fetch, bytes }: Request): void {
    fetch.asideBytes -= bytes
    strays.excuse(key, bytes)
  }

  const settle = (fetch: Fetch, nowMs: number, why: Failure) => {
    if (release(fetch, nowMs)) report(fetch, nowMs, { verified: null, failure: why })
  }

  /** Nothing more is asked for it. */
  function release(fetch: Fetch, nowMs: number): boolean {
    if (!fetches.delete(fetch)) return false
    for (const [key, request] of inAir) {
      if (request.fetch !== fetch) continue
      inAir.delete(key)
      excuse(key, request)
      lane.release(blockBytes)
      options.withdraw(fetch.piece, request.block * blockBytes, request.bytes)
    }
    if (inAir.size === 0) silence.reset(nowMs)
    throttle.refund(fetch.asideBytes)
    return true
  }

  function report(fetch: Fetch, nowMs: number, verdict: Verdict): void {
    const sample = toSample(fetch, { nowMs, startedMs: options.startedMs, ...verdict })
    if (fetch.firstAskMs !== null) options.onSample(sample)
    fetch.settle(sample)
  }

  function receive(key: number, request: Request, block: Uint8Array, nowMs: number): void {
    const { fetch } = request
    inAir.delete(key)
    fetch.asideBytes -= request.bytes
    pacing.answered(nowMs, block.length, nowMs - request.sentMs)
    if (block.length !== request.bytes) {
      fetch.bytes += block.length
      if (block.length < request.bytes) settle(fetch, nowMs, failure("short-block"))
    } else if (addBlock(fetch, request.block, block, nowMs) && release(fetch, nowMs)) {
      const verdict = fetch.proof.verdict()
      if ("verified" in verdict) report(fetch, nowMs, verdict)
      else void verdict.then((later) => report(fetch, nowMs, later))
    }
  }

  /** The peer dropped the request: ask again later, unless that has become a game. */
  function revoke(key: number, { fetch, block }: Request, nowMs: number): void {
    inAir.delete(key)
    fetch.again.push(block)
    if (++fetch.voided > 4 * blockCount(fetch.lengthBytes)) settle(fetch, nowMs, failure("choked"))
  }

  function failOverdue(nowMs: number): void {
    for (const fetch of fetches) {
      const why = overdue(fetch, { nowMs, blockMs, choked, mayAsk: mayAsk(fetch) })
      if (why !== null) settle(fetch, nowMs, why)
    }
    if (silence.read(nowMs) >= patienceMs()) snub(nowMs)
  }

  /** One silence is one snub, however many pieces wait in it. */
  function snub(nowMs: number): void {
    const waiting = new Set(inAir.values().map(({ fetch }) => fetch))
    let why = choked ? notSoFast : failure("snubbed")
    for (const fetch of fetches) {
      if (!waiting.has(fetch) || !mayAsk(fetch)) continue
      if (choked) allowedFast.delete(fetch.piece)
      settle(fetch, nowMs, why)
      silence.reset(nowMs)
      why = failure("aborted", "the peer was silent")
    }
  }

  function heldBlocks(): number {
    let held = 0
    for (const { proof } of fetches) held += proof.held
    return held
  }

  function send(nowMs: number): void {
    const held = heldBlocks()
    for (const fetch of fetches) {
      if (!mayAsk(fetch) || fetch.rejectedSinceMs !== null) continue
      for (let block = peekBlock(fetch); block !== null; block = peekBlock(fetch)) {
        if (inAir.size >= pacing.window) return
        if (inAir.has(keyOf(fetch.piece, block))) break
        // What others wait for is asked for again all the same.
        if (fetch.again.length === 0 && held + inAir.size >= maxHeld) return
        slotMs ??= lane.reserve(blockBytes)
        if (slotMs > network.now()) {
          fetch.capped = true
          fetch.dueMs = null
          return
        }
        const bytes = blockLength(fetch, block)
        if (fetch.again.length > 0) {
          if (!throttle.claim(bytes)) {
            settle(fetch, nowMs, failure("budget"))
            break
          }
          fetch.asideBytes += bytes
        }
        slotMs = null
        takeBlock(fetch)
        const first = fetch.firstAskMs === null
        fetch.firstAskMs ??= nowMs
        fetch.dueMs ??= dueOf(fetch, nowMs)
        pacing.asked(nowMs)
        inAir.set(keyOf(fetch.piece, block), { fetch, block, bytes, sentMs: nowMs })
        options.ask(fetch.piece, block * blockBytes, bytes)
        if (first) fetch.proof.begin()
      }
    }
  }

  function setAlarm(nowMs: number): void {
    let dueMs = Infinity
    // What is already past waits for the peer, not for the clock.
    const wakeAt = (atMs: number | null) => {
      if (atMs !== null && atMs > nowMs) dueMs = Math.min(dueMs, atMs)
    }
    wakeAt(slotMs)
    if (awaitsAny()) wakeAt(nowMs + patienceMs() - silence.read(nowMs))
    for (const fetch of fetches) for (const atMs of deadlinesOf(fetch, blockMs)) wakeAt(atMs)
    if (dueMs < Infinity) alarm.set(dueMs)
  }

  /** After anything happened. */
  function turn(nowMs: number): void {
    if (ended !== null) return
    failOverdue(nowMs)
    send(nowMs)
    silence.run(awaitsAny(), nowMs)
    muteness.run(!choked && inAir.size > 0, nowMs)
    setAlarm(nowMs)
  }

  function start(
    of: { piece: number; lone: LoneBlock | null; lengthBytes: number; proof: Proof },
    signal: AbortSignal,
  ): Promise<Sample> {
    const { promise, resolve } = Promise.withResolvers<Sample>()
    const nowMs = network.now()
    const fetch = createFetch({
      ...of,
      nowMs,
      settle(sample) {
        signal.removeEventListener("abort", onAbort)
        resolve(sample)
      },
    })
    const onAbort = () => {
      settle(fetch, network.now(), failure("aborted"))
      turn(network.now())
    }
    const refuse = (why: Failure) =>
      fetch.settle(toSample(fetch, { nowMs, startedMs: options.startedMs, verified: null, failure: why }))

    if (ended !== null) refuse(ended)
    else if (signal.aborted) refuse(failure("aborted"))
    else if (!throttle.claim(fetch.lengthBytes)) refuse(failure("budget"))
    else {
      signal.addEventListener("abort", onAbort, { once: true })
      fetches.add(fetch)
      turn(nowMs)
    }
    return promise
  }

  return {
    fetch: (piece, signal) =>
      start(
        { piece, lone: null, lengthBytes: options.lengthOf(piece), proof: options.proofOf(piece) },
        signal,
      ),
    fetchBlock: (piece, lone, proof, signal) =>
      start({ piece, lone, lengthBytes: lone.bytes, proof }, signal),

    unfinished() {
      const end = { nowMs: network.now(), startedMs: options.startedMs, verified: null, failure: null }
      return [...fetches].filter(({ bytes }) => bytes > 0).map((fetch) => toSample(fetch, end))
    },

    longestSilence: (nowMs) => muteness.longest(nowMs),

    onChoke(nowMs) {
      choked = true
      muteness.broken(nowMs)
      lastChokeMs = nowMs
      for (const fetch of fetches) fetch.rejectedSinceMs = null
      // BEP 3: a choke drops what was asked for. BEP 6: each is answered, by the block or by a reject.
      if (!options.hasFast())
        for (const [key, request] of inAir) {
          excuse(key, request)
          lane.release(blockBytes)
          revoke(key, request, nowMs)
        }
      turn(nowMs)
    },

    onUnchoke(nowMs) {
      // What it kept us waiting for while it choked us is another matter.
      if (choked && lastChokeMs === -Infinity) silence.reset(nowMs)
      choked = false
      turn(nowMs)
    },

    onAllowedFast(piece, nowMs) {
      allowedFast.add(piece)
      turn(nowMs)
    },

    onDontHave(piece, nowMs) {
      for (const fetch of fetches) if (fetch.piece === piece) settle(fetch, nowMs, unclaimed)
      turn(nowMs)
    },

    onBlock(piece, offset, block, nowMs) {
      const key = keyAt(piece, offset)
      const inTheAir = key === null ? undefined : inAir.get(key)
      // It was asked for by another length before, and that was withdrawn: here is its answer.
      const isLate = key !== null && block.length !== inTheAir?.bytes && strays.owes(key, block.length)
      const request = isLate ? undefined : inTheAir
      const asked = request?.bytes ?? (key === null ? null : strays.answer(key, block.length))
      if (asked === null) {
        if (!strays.tolerates(block.length)) options.onViolation("blocks that nobody asked for")
        return false
      }
      silence.reset(nowMs)
      muteness.broken(nowMs)
      options.onReceived(block.length)
      throttle.refund(Math.max(0, asked - block.length))
      if (key !== null && request) receive(key, request, block, nowMs)
      // Its place in the queue was given back.
      else lane.reserve(block.length)
      if (block.length > asked) options.onViolation("a longer block than asked for")
      turn(nowMs)
      return request !== undefined
    },

    onReject(piece, offset, nowMs) {
      const key = keyAt(piece, offset)
      // Answers come in order: the reject of what was withdrawn is not that of its second try.
      if (key === null || strays.refuse(key)) return false
      const request = inAir.get(key)
      if (request === undefined) return false
      const { fetch, bytes } = request
      fetch.asideBytes -= bytes
      throttle.refund(bytes)
      muteness.broken(nowMs)
      if (!choked && nowMs - lastChokeMs > rejectGraceMs) fetch.rejectedSinceMs ??= nowMs
      const changedItsMind = choked && allowedFast.delete(piece) && request.sentMs > lastChokeMs
      if (changedItsMind) {
        inAir.delete(key)
        settle(fetch, nowMs, notSoFast)
      } else revoke(key, request, nowMs)
      turn(nowMs)
      return true
    },

    end(why) {
      ended = why
      alarm.clear()
      for (const fetch of fetches) settle(fetch, network.now(), why)
      strays.end()
    },
  }
}
