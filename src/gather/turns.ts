/**
 * Whose goodput is measured when. Several peers are asked at once only while our own link is shown not to hold them back: once
 * their sum is more than it was seen to carry, a trial asks the fastest alone. If that makes it faster, twice, the sum was
 * the ceiling of our link: from then on it is kept well below that, and who was measured at it is measured again. Peers of
 * one host are measured one after the other, then for a moment together: whether they share an uplink.
 */
import type { Span } from "../evidence.ts"
import { goodputEnough } from "../measure/goodput.ts"
import { createMember, type Contestant, type Member } from "./member.ts"
import type { Random } from "./random.ts"
import { recentRate, tryLink, tryNeighbour, type Measured, type TrialContext } from "./trial.ts"

export interface Turns {
  /** Waits for its turn, unless `giveUp` comes first, and takes as long as a good measurement needs. */
  measure(contestant: Contestant, giveUp: AbortSignal): Promise<void>
  /** It unchoked us and is to be measured; call the answer when it leaves. */
  arrive(contestant: Contestant): () => void
  /** One piece by itself, as soon as that disturbs no neighbour's measurement and no trial. */
  aside<T>(contestant: Contestant, ask: () => Promise<T>): Promise<T>
  /** Whether a piece that nobody waits for would disturb nobody. */
  spares(contestant: Contestant): boolean
  /** Measured, it stays for a trial with another of its host, until called off. */
  lend(contestant: Contestant): () => void
  /** Whether another of its host is still to be measured. */
  wants(contestant: Contestant): boolean
}

export interface TurnsOptions extends TrialContext {
  slots: number
  /** Our own cap on all peers together: at it nothing can be learnt about the link. */
  capBytesPerSecond: number
  random: Random
}

const tickMs = 100
const asideMs = 1_000
/** A measurement that is still not narrow by then ends with the interval that it has. */
const patienceMs = 30_000
const lookEveryMs = 250
/** A sum above what was carried before by this much is worth a trial. */
const newlyCarried = 1.15
const nearCap = 0.9
const farFromCeiling = 0.7
const generously = 3
const aboveCeiling = 1.2

export function createTurns(options: TurnsOptions): Turns {
  const { random, signal, now, sleep } = options
  const waiting = new Map<Contestant, (turn: Member | null) => void>()
  const members = new Set<Member>()
  const measuredMs = new Map<Contestant, Span>()
  const disturbances = new Map<Contestant, Span[]>()
  const unmeasured = new Set<Contestant>()
  const lent = new Set<Contestant>()
  /** Who gives a single piece now. */
  const asides = new Set<Contestant>()
  /** Woken when somebody joins, leaves or is tried no longer. */
  let changed = Promise.withResolvers<void>()
  let ticking = false
  const trial = { on: false }
  let lastJoinMs = 0
  let lookAtMs = 0
  let carried = 0
  let ceiling = Infinity

  /** Another of its host, or itself, is being measured. */
  const taken = (contestant: Contestant) =>
    [...members].some((member) => sameHost(member.contestant, contestant))
  const change = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  const running = () => [...members].filter(({ state }) => state === "running")
  const enough = ({ contestant, disturbed, runMs }: Member) =>
    runMs >= patienceMs || goodputEnough(contestant.samples(), disturbed)

  /**
   * Judged by what it gave, and generously, since others may have slowed that; who surely was slowed waits to be alone. Too much
   * if it came from saved credit: no harm is done.
   */
  function expected(contestant: Contestant): number {
    if ((disturbances.get(contestant)?.length ?? 0) > 0) return Infinity
    const rates = contestant
      .samples()
      .map(({ bytes, ms, progress }) => (bytes * 1_000) / Math.max(1, ms - (progress[0]?.[0] ?? 0)))
    return generously * Math.max(0, ...rates)
  }

  function admit(): void {
    while (!trial.on && members.size < options.slots) {
      const alone = members.size === 0 || ceiling === Infinity
      const room = farFromCeiling * ceiling - recentRate([...members])
      const able = [...waiting.keys()].filter(
        (each) =>
          !taken(each) &&
          ![...asides].some((other) => sameHost(other, each)) &&
          (alone || expected(each) <= room),
      )
      const chosen = able[random.below(Math.max(1, able.length))]
      if (chosen === undefined) return
      const enter = waiting.get(chosen)
      waiting.delete(chosen)
      enter?.(join(chosen))
    }
  }

  function join(contestant: Contestant): Member {
    const disturbed = disturbances.get(contestant) ?? []
    disturbances.set(contestant, disturbed)
    const member = createMember(contestant, { disturbed, now, signal })
    members.add(member)
    lastJoinMs = now()
    void member.ended.then(() => {
      members.delete(member)
      admit()
      change()
    })
    void watch()
    return member
  }

  /** Null when it was called off. */
  function turn(contestant: Contestant, giveUp: AbortSignal): Promise<Member | null> {
    const calledOff = AbortSignal.any([signal, giveUp])
    if (calledOff.aborted) return Promise.resolve(null)
    const { promise, resolve } = Promise.withResolvers<Member | null>()
    const leave = () => {
      waiting.delete(contestant)
      resolve(null)
    }
    calledOff.addEventListener("abort", leave, { once: true })
    waiting.set(contestant, (member) => {
      calledOff.removeEventListener("abort", leave)
      resolve(member)
    })
    admit()
    return promise
  }

  /** At every tick: who is ready to stop, and whether a trial must come first. */
  async function watch(): Promise<void> {
    if (ticking) return
    ticking = true
    while (members.size > 0 && !signal.aborted) {
      await sleep(tickMs, signal)
      for (const member of running()) member.tick(tickMs)
      if (trial.on || now() < lookAtMs) continue
      lookAtMs = now() + lookEveryMs
      if (!running().some(enough)) continue
      trial.on = true
      void conclude().finally(() => {
        trial.on = false
        admit()
        change()
      })
    }
    ticking = false
  }

  async function conclude(): Promise<void> {
    if (ceiling < Infinity && recentRate(running()) > aboveCeiling * ceiling) ceiling = Infinity
    if (worthTrial()) await tryMembers()
    for (const member of members) {
      if (member.state === "over" || !enough(member)) continue
      const neighbour = neighbourOf(member)
      if (neighbour !== null && member.state === "running") await tryNeighbour(member, neighbour, options)
      measuredMs.set(member.contestant, [member.joinedMs, now()])
      member.end("measured")
    }
    for (const member of members) member.resume()
  }

  function worthTrial(): boolean {
    const group = running()
    const sum = recentRate(group)
    if (group.length < 2 || ceiling < Infinity || sum >= nearCap * options.capBytesPerSecond) return false
    return sum > newlyCarried * carried
  }

  async function tryMembers(): Promise<void> {
    const found = await tryLink(running(), lastJoinMs, options)
    if (found === null) return
    if ("ceiling" in found) ceiling = found.ceiling
    else carried = Math.max(carried, found.carried)
  }

  function neighbourOf({ contestant }: Member): Measured | null {
    for (const other of lent) {
      const ms = measuredMs.get(other)
      if (other !== contestant && sameHost(other, contestant) && ms) return { contestant: other, ms }
    }
    return null
  }

  return {
    async measure(contestant, giveUp) {
      for (;;) {
        const member = await turn(contestant, giveUp)
        if (member !== null && (await member.ended) === "again") continue
        unmeasured.delete(contestant)
        return
      }
    },
    arrive(contestant) {
      unmeasured.add(contestant)
      return () => void unmeasured.delete(contestant)
    },
    async aside(contestant, ask) {
      while ((trial.on || taken(contestant)) && !signal.aborted)
        await Promise.race([changed.promise, sleep(asideMs, signal)])
      asides.add(contestant)
      try {
        return await ask()
      } finally {
        asides.delete(contestant)
        admit()
      }
    },
    spares: (contestant) => !trial.on && !taken(contestant) && (ceiling === Infinity || members.size === 0),
    lend(contestant) {
      lent.add(contestant)
      return () => void lent.delete(contestant)
    },
    wants: (contestant) =>
      [...unmeasured].some((other) => other !== contestant && sameHost(other, contestant)),
  }
}

const sameHost = (one: Contestant, other: Contestant): boolean =>
  one === other || (one.host !== null && one.host === other.host)
