/**
 * The sockets of all audits of a process: as many as ONE run at that pace has, two per host, and one audit at a time with one peer. An
 * audit may hold more than its share as long as nobody with less waits for one.
 */
import type { Endpoint } from "../../evidence.ts"
import { limits } from "../../limits.ts"
import type { Network } from "../../network.ts"
import { addressKind } from "../../torrent/endpoint.ts"
import { hostAt, mostIncomingOf, type Places } from "../sockets.ts"
import { createTally, type Tally } from "./tally.ts"

export interface Ledger {
  join(): Share
}

/** One audit's part of it. */
export interface Share {
  /** `awaited`: whom it would dial now, if it could. The latest call counts: an audit has its phases. */
  places(of: { onFree(): void; awaited(): readonly Endpoint[] }): Places
  /** It waits for what only other audits hold. */
  readonly heldBack: boolean
  leave(): void
}

interface Member {
  readonly outgoing: Tally
  readonly incoming: Tally
  readonly hosts: Tally
  waiting: boolean
  onFree(): void
  awaited(): readonly Endpoint[]
}

const { socketsPerIp, redialMs } = limits.peer

export function createLedger(most: number, network: Pick<Network, "sleep">): Ledger {
  const mostIncoming = mostIncomingOf(most)
  const members = new Set<Member>()
  const hosts = createTally()
  const total = { outgoing: 0, incoming: 0 }
  /** Who has a connection of ours with that peer, or had one within the last second. */
  const held = new Map<Endpoint, Member>()
  const rests = new Map<Endpoint, object>()
  const never = new AbortController().signal

  const others = (self: Member) => [...members].filter((member) => member !== self)
  const share = (of: number) => Math.max(1, Math.floor(of / Math.max(1, members.size)))
  const isPoor = ({ outgoing }: Member) => outgoing.sum < share(most)
  const isHostFull = (host: string, count: Tally) =>
    addressKind(host) !== "loopback" && count.of(host) >= socketsPerIp

  /** Who holds least is woken first. */
  function wake(): void {
    for (const member of [...members].sort((a, b) => a.outgoing.sum - b.outgoing.sum)) member.onFree()
  }

  const isHeldByOthers = (self: Member, at: Endpoint) => {
    const holder = held.get(at)
    return holder !== undefined && holder !== self
  }

  /** Room for one more that they opened, beside what the others have not used of their shares. */
  function isIncomingFull(self: Member): boolean {
    const kept = others(self).reduce(
      (sum, { incoming }) => sum + Math.max(0, share(mostIncoming) - incoming.sum),
      0,
    )
    return (
      total.incoming >= mostIncoming ||
      (self.incoming.sum >= share(mostIncoming) && total.incoming >= mostIncoming - kept)
    )
  }

  async function hold(
    self: Member,
    at: Endpoint,
    direction: "outgoing" | "incoming",
    work: () => Promise<void>,
  ): Promise<void> {
    const host = hostAt(at)
    const tallies = [hosts, self.hosts]
    total[direction]++
    self[direction].add(at)
    for (const tally of tallies) tally.add(host)
    if (direction === "outgoing" && !isHeldByOthers(self, at)) held.set(at, self)
    try {
      await work()
    } finally {
      total[direction]--
      self[direction].remove(at)
      for (const tally of tallies) tally.remove(host)
      if (direction === "outgoing" && self.outgoing.of(at) === 0) void rest(self, at)
      wake()
    }
  }

  /** Attempts at one address are a second apart, whichever audits make them. */
  async function rest(self: Member, at: Endpoint): Promise<void> {
    if (held.get(at) !== self) return
    const resting = {}
    rests.set(at, resting)
    await network.sleep(redialMs, never)
    // It was dialled again meanwhile: then a later second counts.
    if (rests.get(at) !== resting) return
    rests.delete(at)
    if (held.get(at) !== self || self.outgoing.of(at) > 0) return
    held.delete(at)
    wake()
  }

  function placesOf(self: Member): Places {
    return {
      get full() {
        if (total.outgoing >= most) return true
        return !isPoor(self) && others(self).some((other) => other.waiting && isPoor(other))
      },
      busy: (at) => isHeldByOthers(self, at) || isHostFull(hostAt(at), hosts),
      // Who dials us chose that itself: what other audits have with its host is no reason to send it away.
      turnsAway: (at) => isIncomingFull(self) || isHostFull(hostAt(at), self.hosts),
      waits(on) {
        self.waiting = on
      },
      wantedElsewhere(at) {
        const host = hostAt(at)
        const isFull = isHostFull(host, hosts)
        return others(self).some((other) =>
          other.awaited().some((wanted) => wanted === at || (isFull && hostAt(wanted) === host)),
        )
      },
      get starvesOthers() {
        if (total.outgoing < most || self.outgoing.sum <= share(most)) return false
        return others(self).some((other) => other.waiting && isPoor(other))
      },
      hold: (at, direction, work) => hold(self, at, direction, work),
    }
  }

  return {
    join() {
      const self: Member = {
        outgoing: createTally(),
        incoming: createTally(),
        hosts: createTally(),
        waiting: false,
        onFree() {},
        awaited: () => [],
      }
      members.add(self)
      return {
        places(of) {
          Object.assign(self, { onFree: () => of.onFree(), awaited: () => of.awaited(), waiting: false })
          return placesOf(self)
        },
        get heldBack() {
          if (members.size < 2) return false
          if (self.waiting && self.outgoing.sum < most) return true
          const isTheirs = (host: string) => isHostFull(host, hosts) && !isHostFull(host, self.hosts)
          return self.awaited().some((at) => isHeldByOthers(self, at) || isTheirs(hostAt(at)))
        },
        leave() {
          members.delete(self)
          Object.assign(self, { onFree() {}, awaited: () => [], waiting: false })
          wake()
        },
      }
    },
  }
}
