/** What all samplers of a run share: the plan, the budget, and the few places for measuring goodput at a time. */
import type { CapName, Sample, Torrent, Trial } from "../evidence.ts"
import type { GatherOptions } from "../gather.ts"
import { limits, type Pace } from "../limits.ts"
import type { Network } from "../network.ts"
import { hasPiece } from "../torrent/bitfield.ts"
import { neighbourhood } from "../torrent/endpoint.ts"
import type { Session } from "../wire/session.ts"
import type { Throttle } from "../wire/throttle.ts"
import { createControls } from "./controls.ts"
import type { Entry } from "./peer-book.ts"
import type { Probes } from "./probes.ts"
import type { Random } from "./random.ts"
import { samplePeer, type SamplingRoom } from "./sample-peer.ts"
import type { MeasuringTurn } from "./side-by-side/measuring.ts"
import { samplingPlan, type SamplingPlan } from "./sampling.ts"
import { createTurns } from "./turns.ts"
import type { SampleVisit, VisitRoom } from "./visits.ts"

export interface SamplingContext {
  torrent: Torrent
  options: Pick<GatherOptions, "depth" | "samplePieces" | "maxDownloadBytes">
  pace: Pace
  random: Random
  throttle: Throttle
  /** Where several audits measure over one link. */
  turn?: MeasuringTurn | undefined
  network: Pick<Network, "sleep">
  signal: AbortSignal
  now: () => number
  hit: (cap: CapName, dropped?: number) => void
  /** Whoever else may still have pieces to give. */
  waiting: () => Pick<Probes, "expected" | "unfinished">
}

export interface Sampling {
  readonly plan: SamplingPlan
  readonly trials: readonly Trial[]
  /** Of finished samples. */
  readonly payloadBytes: number
  readonly sample: SampleVisit
}

export function createSampling(context: SamplingContext): Sampling {
  const { torrent, options, pace, random, throttle, network, hit, waiting } = context
  const copies = new Uint32Array(torrent.pieceCount)
  const counted = new Set<Entry>()
  let payloadBytes = 0

  const countCopies = (entry: Entry, { record }: Session) => {
    if (counted.has(entry) || record.pieces === null) return
    counted.add(entry)
    for (let piece = 0; piece < copies.length; piece++)
      if (hasPiece(record.pieces, piece)) copies[piece] = (copies[piece] ?? 0) + 1
  }

  const trials: Trial[] = []
  const room: Omit<SamplingRoom, keyof VisitRoom | "host"> = {
    plan: samplingPlan({
      pieceCount: torrent.pieceCount,
      wanted: options.depth === "full" ? torrent.pieceCount : options.samplePieces,
      random,
      copies: (piece) => copies[piece] ?? 0,
    }),
    turns: createTurns({
      slots: pace.goodputSlots,
      capBytesPerSecond: pace.totalBytesPerSecond,
      random,
      turn: context.turn,
      signal: context.signal,
      now: context.now,
      sleep: (ms, signal) => network.sleep(ms, signal),
      onTrial(trial) {
        if (trials.length < limits.run.maxTrials) trials.push(trial)
      },
    }),
    controls: createControls(context.now),
    random,
    pieceBytes: torrent.pieceBytes,
    wholePieces: options.depth === "full",
    goodputBytes: options.maxDownloadBytes * limits.run.goodputShare,
    rechokeMs: Math.max(0, pace.unchokeMs - limits.peer.blockMs),
    signal: context.signal,
    now: context.now,
    sleep: (ms, signal) => network.sleep(ms, signal),
    affords(bytes) {
      // Most of those who are yet to come will never answer: they may hold back half of the budget, not all.
      const reserve = Math.min(waiting().expected * torrent.pieceBytes, options.maxDownloadBytes / 2)
      const enough = throttle.remainingBytes() - reserve >= bytes
      if (!enough) hit("max-download", 0)
      return enough
    },
    othersWork: () => waiting().unfinished > 0,
    sampled(sample: Sample) {
      payloadBytes += sample.bytes
      if (sample.failure?.code === "budget") hit("max-download")
    },
  }

  return {
    plan: room.plan,
    trials,
    get payloadBytes() {
      return payloadBytes
    },
    sample(entry, session, visitRoom) {
      void visitRoom.unchoked.then((unchoked) => {
        if (unchoked) countCopies(entry, session)
      })
      const host = neighbourhood(entry.host)
      return samplePeer({ ...room, ...visitRoom, host }, entry.address, session)
    },
  }
}
