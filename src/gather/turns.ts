/**
 * Whose goodput is measured when. Several peers are asked at once only while our own link is shown not to hold them back: once
 * their sum is more than it was seen to carry, a trial asks the fastest alone. If that makes it faster, twice, the sum was
 * the ceiling of our link: from then on it is kept well below that, and who was measured at it is measured again. Peers of
 * one host are measured one after the other, then for a moment together: whether they share an uplink.
 */
import type { Span } from "../evidence.ts"
import { goodputEnough } from "../measure/goodput.ts"
import { createMember, expectedRate, type Contestant, type Member } from "./member.ts"
import type { Random } from "./random.ts"
import type { MeasuringTurn } from "./side-by-side/measuring.ts"
import { recentRate, tryLink, tryNeighbour, type TrialContext } from "./trial.ts"

export interface Turns {
  /** Waits for its turn unless it gives up before, and takes as long as a good measurement needs. */
  measure(contestant: Contestant, givesUp: () => boolean): Promise<void>
  /** It unchoked us and is to be measured; call the answer when it leaves. */
  arrive(contestant: Contestant): () => void
  /** One piece by itself, as soon as that disturbs no neighbour's measurement and no trial, or after 5 s. */
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
  /** Other audits measure over the same link; absent: none do. */
  turn?: MeasuringTurn | undefined
}

const tickMs = 100
/** An unchoke may not last: a piece that is owed waits no longer. */
const asideMs = 5_000
/** A measurement that is still not narrow by then ends with the interval that it has. */
const patienceMs = 30_000
const lookEveryMs = 250
/** A sum above what was carried before by this much is worth a trial. */
const newlyCarried = 1.05
const nearCap = 0.97
const farFromCeiling = 0.7
const aboveCeiling = 1.2
/** Whether another audit is through with a host is looked at so often. */
const pollMs = 100

export function createTurns(options: TurnsOptions): Turns {
  const { random, signal, now, sleep, turn: shared } = options
  const waiting = new Map<Contestant, (turn: Member | null) => void>()
  const members = new Set<Member>()
  const disturbances = new Map<Contestant, Span[]>()
  const unmeasured = new Set<Contestant>()
  const lent = new Set<Contestant>()
  /** Who gives a single piece now. */
  const asides = new Set<Contestant>()
  /** Woken when somebody leaves or is tried no longer. */
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

  const expected = (contestant: Contestant) =>
    expectedRate(contestant, disturbances.get(contestant)?.length ?? 0)

  function admit(): void {
    while (!trial.on && members.size < options.slots) {
      const free = [...waiting.keys()].filter(
        (each) => !taken(each) && ![...asides].some((other) => sameHost(other, each)),
      )
      const loners = free.filter((each) => expected(each) === Infinity)
      const able =
        ceiling === Infinity
          ? free
          : loners.length > 0
            ? loners
            : free.filter((each) => expected(each) <= room())
      const chosen = able[random.below(Math.max(1, able.length))]
      if (chosen === undefined || (loners.length > 0 && ceiling < Infinity && members.size > 0)) return
      if (shared?.may() === false) return
      const enter = waiting.get(chosen)
      waiting.delete(chosen)
      enter?.(join(chosen))
    }
  }

  /** Whoever may join does; where nobody is measured then, the turn is another audit's. */
  function goOn(): void {
    admit()
    if (members.size === 0 && !trial.on) shared?.rest()
  }

  /** What may be added to those who are measured, or are about to be, far from our ceiling. Whoever is alone may be any faster. */
  function room(): number {
    if (members.size === 0) return Infinity
    const busy = [...members].reduce(
      (sum, { contestant, meter }) => sum + Math.max(meter.recent(), expected(contestant)),
      0,
    )
    return farFromCeiling * ceiling - busy
  }

  function join(contestant: Contestant): Member {
    const disturbed = disturbances.get(contestant) ?? []
    disturbances.set(contestant, disturbed)
    const member = createMember(contestant, { disturbed, now, signal })
    members.add(member)
    lastJoinMs = now()
    void member.ended.then(() => {
      members.delete(member)
      goOn()
      change()
    })
    void watch()
    return member
  }

  /** Null when it was called off. */
  async function turn(contestant: Contestant, givesUp: () => boolean): Promise<Member | null> {
    const { promise, resolve } = Promise.withResolvers<Member | null>()
    waiting.set(contestant, resolve)
    admit()
    for (;;) {
      const moment = sleep(lookEveryMs, signal).then(() => "moment" as const)
      const member = await Promise.race([promise, moment])
      if (member !== "moment") return member
      if ((signal.aborted || givesUp()) && waiting.delete(contestant)) return null
    }
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
        goOn()
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
      if (neighbour && member.state === "running") {
        for (const other of members) if (other !== member) other.pause()
        await tryNeighbour(member, neighbour, options)
      }
      member.end("measured")
    }
    for (const member of members) member.resume()
    lastJoinMs = now()
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

  const neighbourOf = ({ contestant }: Member): Contestant | undefined =>
    [...lent].find((other) => other !== contestant && sameHost(other, contestant))

  shared?.attach({
    onTurn: goOn,
    isWaiting: () => waiting.size > 0,
    isTrying: () => trial.on,
    measures: (host) => [...members].some(({ contestant }) => contestant.host === host),
  })

  return {
    async measure(contestant, givesUp) {
      for (;;) {
        const member = await turn(contestant, givesUp)
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
      const untilMs = now() + asideMs
      while ((trial.on || taken(contestant)) && now() < untilMs && !signal.aborted)
        await Promise.race([changed.promise, sleep(untilMs - now(), signal)])
      while (shared?.disturbs(contestant.host) === true && now() < untilMs && !signal.aborted)
        await sleep(pollMs, signal)
      asides.add(contestant)
      try {
        return await ask()
      } finally {
        asides.delete(contestant)
        admit()
      }
    },
    spares: (contestant) =>
      !trial.on &&
      !taken(contestant) &&
      shared?.disturbs(contestant.host) !== true &&
      (ceiling === Infinity || members.size === 0),
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
