/** Peers behind links that fill up, on a virtual clock: water is shared out max-min fair every 10 ms, in blocks of 16 KiB. */
import type { Sample } from "../../src/evidence.ts"
import type { Contestant } from "../../src/gather/member.ts"

export interface VirtualPeer {
  address: string
  host: string | null
  /** Bytes per second at that time, in ms, of what it could give if nothing else were in the way. */
  rate: (ms: number) => number
  /** Name of an uplink that it divides with others. */
  uplink?: string
  /** Hangs up then. */
  leavesMs?: number
}

export interface VirtualLinks {
  ours?: number
  uplinks?: Record<string, number>
}

const stepMs = 10
const blockBytes = 16 * 1024
const pieceBytes = 16 * blockBytes

interface Flow {
  peer: VirtualPeer
  bytes: number
  received: number
  samples: Sample[]
  taking: boolean
  begin(onGone: () => void): void
  close(): void
  leave(): void
  sofar(): Sample[]
  wake: () => void
}

export function virtualLink(peers: readonly VirtualPeer[], links: VirtualLinks = {}) {
  let nowMs = 0
  const timers = new Set<{ atMs: number; fire: () => void }>()
  const flows = peers.map((peer) => flowOf(peer, () => nowMs))

  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const timer = { atMs: nowMs + ms, fire: () => {} }
      const end = () => {
        timers.delete(timer)
        signal.removeEventListener("abort", end)
        resolve()
      }
      timer.fire = end
      timers.add(timer)
      signal.addEventListener("abort", end, { once: true })
    })

  function step(): void {
    nowMs += stepMs
    for (const flow of flows) if (nowMs >= (flow.peer.leavesMs ?? Infinity)) flow.leave()
    const active = flows.filter(({ taking }) => taking)
    const granted = shares(
      active.map(({ peer }) => ({ most: peer.rate(nowMs), uplink: peer.uplink ?? null })),
      links,
    )
    active.forEach((flow, i) => {
      flow.bytes += ((granted[i] ?? 0) * stepMs) / 1_000
      flow.wake()
    })
    for (const timer of timers) if (timer.atMs <= nowMs) timer.fire()
  }

  return {
    contestants: flows.map(contestantOf),
    now: () => nowMs,
    sleep,
    /** Time passes until the work is done. */
    async run<T>(work: Promise<T>, mostMs = 300_000): Promise<T> {
      const done = work.then(() => true)
      const turn = () => new Promise<boolean>((resolve) => setImmediate(resolve, false))
      while (!(await Promise.race([done, turn()]))) {
        if (nowMs >= mostMs) throw new Error(`not done after ${mostMs} ms`)
        step()
      }
      return work
    },
  }
}

/** Everybody's level rises until it, an uplink or our own link is full. */
function shares(wants: readonly { most: number; uplink: string | null }[], links: VirtualLinks): number[] {
  const given = wants.map(() => 0)
  const open = new Set(wants.keys())
  const left = new Map<string | null, number>(Object.entries(links.uplinks ?? {}))
  let ours = links.ours ?? Infinity
  while (open.size > 0) {
    const users = Map.groupBy(open, (i) => wants[i]?.uplink ?? null)
    const room = [...open].map((i) => (wants[i]?.most ?? 0) - (given[i] ?? 0))
    const perUplink = [...users].map(([name, group]) => (left.get(name) ?? Infinity) / group.length)
    const rise = Math.min(...room, ...perUplink, ours / open.size)
    for (const i of open) {
      given[i] = (given[i] ?? 0) + rise
      const name = wants[i]?.uplink ?? null
      if (left.has(name)) left.set(name, (left.get(name) ?? 0) - rise)
      ours -= rise
    }
    for (const i of open) {
      const full = (left.get(wants[i]?.uplink ?? null) ?? Infinity) < 1
      if (full || ours < 1 || (wants[i]?.most ?? 0) - (given[i] ?? 0) < 1) open.delete(i)
    }
  }
  return given
}

function flowOf(peer: VirtualPeer, now: () => number): Flow {
  let sample: Sample | null = null
  let base = 0
  let pieces = 0
  /** The next piece's requests are in the air before a piece is whole. */
  let askedMs = 0
  let gone = () => {}
  const flow: Flow = {
    peer,
    bytes: 0,
    received: 0,
    samples: [],
    taking: false,
    begin(onGone) {
      flow.taking = true
      base = flow.bytes
      askedMs = now()
      gone = onGone
    },
    leave() {
      flow.close()
      gone()
    },
    sofar: () => (sample === null ? flow.samples : [...flow.samples, sample]),
    close() {
      if (sample !== null) flow.samples.push(sample)
      sample = null
      flow.taking = false
    },
    wake() {
      for (; flow.bytes - base >= blockBytes; base += blockBytes) {
        sample ??= { ...emptySample, piece: pieces++, atMs: askedMs }
        sample.bytes += blockBytes
        sample.ms = now() - sample.atMs
        sample.progress.push([sample.ms, sample.bytes])
        flow.received += blockBytes
        if (sample.bytes < pieceBytes) continue
        flow.samples.push({ ...sample, verified: true, failure: null })
        sample = null
        askedMs = now() - stepMs
      }
    },
  }
  return flow
}

const emptySample: Sample = {
  piece: 0,
  atMs: 0,
  bytes: 0,
  ms: 0,
  verified: null,
  failure: { code: "aborted", detail: null },
  capped: false,
  get progress(): [number, number][] {
    return []
  },
}

const contestantOf = (flow: Flow): Contestant => ({
  address: flow.peer.address,
  host: flow.peer.host,
  samples: () => flow.sofar(),
  received: () => flow.received,
  take: (signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve(true)
      flow.begin(() => resolve(false))
      signal.addEventListener("abort", () => {
        flow.close()
        resolve(true)
      })
    }),
})
