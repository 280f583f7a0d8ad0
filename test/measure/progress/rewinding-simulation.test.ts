/** Thousands of honest downloads, visited at random: none may be accused. And rewinders, most of which must be. */
import { expect, test } from "vitest"
import { rewoundProgress } from "../../../src/audits/rewound-progress.ts"
import type { PeerReading } from "../../../src/evidence.ts"
import { anEvidence, aPeer, aTorrent, range } from "../../support/builders.ts"
import { anEarlier, aReading } from "../../support/earlier.ts"

type Chance = () => number

/** mulberry32 */
function chanceOf(seed: number): Chance {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What one visit showed: its beginning, its end, and the session's peer id. */
interface Shown {
  from: number
  pieces: readonly number[]
  session: number
}

const visits = 12
const upTo = (chance: Chance, most: number): number => Math.floor(chance() * (most + 1))

/** Pieces in an order of its own, as clients choose them. */
function orderOf(pieces: number, chance: Chance): number[] {
  return range(0, pieces)
    .map((piece) => ({ piece, place: chance() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ piece }) => piece)
}

type Client = (pieces: number, chance: Chance) => Shown[]

/** A download at a rate that changes, `after` which something may happen to what it holds. */
const download =
  (after: (state: { have: number; session: number }, chance: Chance, pieces: number) => void): Client =>
  (pieces, chance) => {
    const order = orderOf(pieces, chance)
    const state = { have: upTo(chance, pieces / 2), session: 0 }
    return range(0, visits).map(() => {
      const from = Math.floor(state.have)
      state.have = Math.min(pieces, state.have + upTo(chance, pieces / 4))
      const shown = { from, pieces: order.slice(0, state.have), session: state.session }
      after(state, chance, pieces)
      return shown
    })
  }

const honest: Record<string, Client> = {
  "only gains": download(() => {}),
  // As often as it likes, but as another process.
  "restarts with older data": download((state, chance) => {
    if (chance() < 0.5) return
    state.have = upTo(chance, state.have)
    state.session++
  }),
  // Twice is as often as anybody's patience lasts.
  "two forced rechecks find damage": (pieces, chance) => {
    let left = 2
    return download((state) => {
      if (left === 0 || chance() < 0.4) return
      left--
      state.have = upTo(chance, state.have)
    })(pieces, chance)
  },
  "a failing disk, found out at each completion": download((state, chance, pieces) => {
    if (state.have === pieces) state.have -= upTo(chance, pieces / 2)
  }),
  "a lazy bitfield, and visits that end early": (pieces, chance) => {
    const order = orderOf(pieces, chance)
    return range(0, visits).map(() => {
      const from = pieces - upTo(chance, pieces / 10)
      const to = chance() < 0.7 ? from + upTo(chance, pieces - from) : pieces
      return { from, pieces: order.slice(0, to), session: 0 }
    })
  },
  "a super-seeder": (pieces, chance) =>
    range(0, visits).map(() => ({
      from: 0,
      pieces: orderOf(pieces, chance).slice(0, upTo(chance, pieces / 2)),
      session: 0,
    })),
  "a window in memory that moves on": (pieces, chance) => {
    const size = Math.ceil(pieces / 4)
    return range(0, visits).map(() => {
      const start = upTo(chance, pieces - size)
      return { from: size, pieces: range(start, start + size), session: 0 }
    })
  },
  "two behind one address, in turns": (pieces, chance) => {
    const [one, other] = [download(() => {}), download(() => {})].map((client) => client(pieces, chance))
    return range(0, visits).flatMap((i) => {
      const shown = (chance() < 0.5 ? one : other)?.[i]
      return shown ? [{ ...shown, session: shown === one?.[i] ? 1 : 2 }] : []
    })
  },
}

const rewinder: Client = (pieces, chance) => {
  const order = orderOf(pieces, chance)
  return range(0, visits).map((i) => {
    const from = Math.ceil(
      pieces * (i % 3 === 0 ? 0.1 + 0.1 * chance() : 0.3 + 0.2 * (i % 3) + 0.1 * chance()),
    )
    return { from, pieces: order.slice(0, from + 1), session: 0 }
  })
}

/** Whether it is accused after the last visit. */
function isAccused(shown: readonly Shown[], pieces: number): boolean {
  const readings = shown.map((each, i): PeerReading =>
    aReading(shown.length - i, each.pieces, { peerId: peerIdOf(each), fromCount: each.from }, pieces),
  )
  const last = shown.at(-1)
  if (last === undefined) return false
  const peer = aPeer(
    1,
    last.pieces,
    { peerId: peerIdOf(last), haveEvents: [{ atMs: 1, count: last.from }] },
    pieces,
  )
  const found = rewoundProgress.judge(
    anEvidence({
      torrent: aTorrent({ pieceCount: pieces }),
      peers: [peer],
      earlier: anEarlier({ 1: readings.slice(0, -1) }),
    }),
  )
  return found.some(({ verdict }) => verdict === "warn" || verdict === "fail")
}

const peerIdOf = ({ session }: Shown): string => session.toString(16).padStart(40, "0")

const accusedOf = (client: Client, runs: number): number =>
  range(0, runs).filter((seed) => {
    const chance = chanceOf(seed)
    const pieces = 20 + upTo(chance, 80)
    return isAccused(client(pieces, chance), pieces)
  }).length

test.each(Object.entries(honest))("%s: never accused", (_, client) => {
  expect(accusedOf(client, 1_000)).toBe(0)
})

test("rewinders are named, 95 of 100 at least", () => {
  expect(accusedOf(rewinder, 1_000)).toBeGreaterThanOrEqual(950)
})
