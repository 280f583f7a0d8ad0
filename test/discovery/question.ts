import { createServer } from "node:net"
import { forgetful, type AnswerMemory, type StoredAnswer } from "../../src/discovery/answers.ts"
import { trackerSource, type TrackerQuestion, type TrackerSource } from "../../src/discovery/tracker.ts"
import { defaultTiming } from "../../src/discovery/tracker/run.ts"
import type { Observation } from "../../src/discovery/source.ts"
import { tracker as trackerSchema } from "../../src/evidence.ts"
import { realNetwork, type Network } from "../../src/network.ts"
import type { AddressRules } from "../../src/torrent/endpoint.ts"

export const infoHash = Uint8Array.from({ length: 20 }, (_, i) => (i * 37 + 200) % 256)
export const peerId = Buffer.from("-TA0100-abcdefghijkl")
export const ownPort = 40_123

export const everywhere: AddressRules = { allowLocal: true, allowLoopback: true, refusePublic: false }

/** Long enough for a busy machine, short enough where silence is the answer. */
export const impatient = {
  ...defaultTiming,
  httpTotalMs: 400,
  httpPausesMs: [],
  stoppedMs: 400,
  udp: { ...defaultTiming.udp, totalMs: 400 },
}

/** For what comes at once, but on a machine that may be busy. */
export const patience = { timeout: 10_000 }

export function question(tiers: string[][], overrides: Partial<TrackerQuestion> = {}): TrackerQuestion {
  const network = overrides.network ?? realNetwork()
  return {
    infoHash,
    peerId,
    port: ownPort,
    leftBytes: 1_000,
    private: false,
    depth: "discover",
    families: ["ipv4", "ipv6"],
    tiers,
    userTrackers: [],
    userAgent: "torrent-audit/test",
    rulesFor: () => everywhere,
    network,
    startedMs: network.now(),
    timing: { ...defaultTiming, httpPausesMs: [] },
    answers: forgetful,
    canary: Promise.resolve(false),
    ...overrides,
  }
}

export interface Asked {
  source: TrackerSource
  observations: Observation[]
  /** Ends `discover`; does not leave. */
  stop(): Promise<void>
  leave(): Promise<void>
}

/** Runs `discover` in the background. */
export function start(asked: TrackerQuestion): Asked {
  const source = trackerSource(asked)
  const observations: Observation[] = []
  const controller = new AbortController()
  const reading = (async () => {
    for await (const observation of source.discover(controller.signal)) observations.push(observation)
  })()
  const stop = async () => {
    controller.abort()
    await reading
  }
  return {
    source,
    observations,
    stop,
    async leave() {
      await stop()
      await source.farewell(new AbortController().signal)
    },
  }
}

/** All first answers, then an orderly end. Whatever was recorded must fit the public schema. */
export async function ask(asked: TrackerQuestion): Promise<Asked> {
  const running = start(asked)
  await running.source.settled
  await running.leave()
  for (const record of running.source.trackers) trackerSchema.parse(record)
  return running
}

/** A minute passes in `60 / factor` seconds. */
export function hurried(factor: number): Network {
  const real = realNetwork()
  const startedMs = real.now()
  const startedAt = real.date().getTime()
  const now = () => startedMs + (real.now() - startedMs) * factor
  return {
    ...real,
    now,
    date: () => new Date(startedAt + now() - startedMs),
    sleep: (ms, signal) => real.sleep(ms / factor, signal),
    after: (ms, ring) => real.after(ms / factor, ring),
  }
}

/** Time that hurries, but for replies: the machine doesn't. */
export function hurry(factor: number): Required<Pick<TrackerQuestion, "network" | "timing">> {
  const { httpTotalMs, briefMs, stoppedMs, canaryMs } = defaultTiming
  const timing = {
    ...defaultTiming,
    httpPausesMs: [],
    httpTotalMs: factor * httpTotalMs,
    briefMs: factor * briefMs,
    stoppedMs: factor * stoppedMs,
    canaryMs: factor * canaryMs,
  }
  return { network: hurried(factor), timing }
}

export function memory(): AnswerMemory & { answers: Map<string, StoredAnswer> } {
  const answers = new Map<string, StoredAnswer>()
  return {
    answers,
    recall: (key) => answers.get(key) ?? null,
    remember: (key, answer) => void answers.set(key, structuredClone(answer)),
  }
}

export const hasIPv6 = await new Promise<boolean>((resolve) => {
  const server = createServer()
  server.once("error", () => resolve(false))
  server.listen({ host: "::1", port: 0 }, () => server.close(() => resolve(true)))
})
