import { describe, expect, it } from "vitest"
import type { Sample } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import { crossExamine, examination } from "../../src/gather/cross-examine.ts"
import { virtualClock } from "../wire/virtual-clock.ts"

const pieceCount = 100
const never = new AbortController().signal

/** How long after the request, in ms, a peer answers it; null: never. */
interface Peer {
  start: (piece: number, atMs: number) => number | null
  serve: (piece: number, atMs: number) => number | null
}

/** Five minutes of virtual time: more than all rounds may take. */
async function examined(peer: Peer, { suspected = [1], given = 0, budget = Infinity } = {}) {
  const clock = virtualClock()
  const { now, sleep } = clock.network
  const tested = new Set(suspected)
  const starts: number[] = []
  const served: number[] = []
  const doubted: number[] = []
  const untested = (except: ReadonlySet<number>) => {
    for (let piece = 2; piece < pieceCount; piece++)
      if (!tested.has(piece) && !except.has(piece)) return piece
    return null
  }
  const sample = async (piece: number, answerMs: number | null, patienceMs: number): Promise<Sample> => {
    const atMs = now()
    const ms = Math.min(answerMs ?? Infinity, patienceMs)
    await sleep(ms, never)
    const came = ms === answerMs
    const why = came ? null : failure("timeout")
    return {
      piece,
      atMs,
      ms,
      bytes: came ? 1 : 0,
      verified: came || null,
      failure: why,
      capped: false,
      progress: [],
    }
  }
  const one = examination(suspected, untested)
  const end = { atMs: NaN }
  void crossExamine({
    examination: one,
    start(piece, deadlineMs) {
      tested.add(piece)
      starts.push(piece)
      return sample(piece, peer.start(piece, now()), deadlineMs)
    },
    serve(piece) {
      served.push(piece)
      return sample(piece, peer.serve(piece, now()), 90_000)
    },
    known: () => given,
    affords: (count) => (budget -= count) >= 0,
    doubted: (piece) => void doubted.push(piece),
    over: () => false,
    now,
    sleep: (ms) => sleep(ms, never),
  }).then(() => {
    end.atMs = now()
  })
  await clock.pass(300_000)
  return { withheld: [...one.withheld], starts, served, doubted, seconds: end.atMs / 1_000 }
}

const lacksOdd = (piece: number) => (piece % 2 === 1 ? null : 50)

describe("a cross-examination", () => {
  it("asks for several at once, and for those that were overtaken once more", async () => {
    const { withheld, starts, served, doubted, seconds } = await examined({
      start: lacksOdd,
      serve: lacksOdd,
    })
    expect(starts).toEqual([1, 2, 3, 4, 5, 6, 1, 3, 5, 7, 8, 9])
    expect(withheld).toEqual([1, 3, 5])
    expect(doubted).toEqual([1, 3, 5, 1, 3, 5, 7, 9])
    // What came just now overtakes, rather than what may still be in memory.
    expect(served).toEqual([2, 6, 8, 0])
    expect(seconds).toBeLessThan(45)
  })

  it.each<[string, Peer]>([
    ["gives everything, in order, 16 KiB in 0.8 s", { start: (piece) => 800 * piece, serve: () => 13_000 }],
    ["gives nothing for a while", { start: (_, atMs) => Math.max(50, 30_000 - atMs), serve: () => 30_000 }],
    ["gives nothing more", { start: () => null, serve: () => null }],
    [
      "has a disk that hangs, and a few pieces in memory",
      { start: () => null, serve: (piece) => (piece === 0 ? 1 : null) },
    ],
    [
      "answers out of order, within 15 s",
      { start: (piece) => (piece % 3 === 0 ? 15_000 : 50), serve: () => 50 },
    ],
    ["lost one piece", { start: (piece) => (piece === 1 ? null : 50), serve: () => 50 }],
    [
      "gave less once",
      { start: (piece, atMs) => (piece % 2 === 1 && atMs < 1_000 ? null : 50), serve: () => 50 },
    ],
  ])("proves nothing against one that %s", async (_, peer) => {
    const { withheld, starts } = await examined(peer)
    expect(withheld.filter((piece) => piece !== 1)).toEqual([])
    expect(starts.length).toBeLessThanOrEqual(18)
  })

  it("with nothing left to test, what it gave before must do", async () => {
    const suspected = Array.from({ length: pieceCount }, (_, piece) => piece).filter((piece) => piece > 0)
    const { withheld, served } = await examined({ start: () => null, serve: () => 50 }, { suspected })
    expect(withheld).toEqual([1, 2, 3, 4])
    expect(served).toEqual([0, 0, 0, 0])
  })

  it("counts no silence that nothing overtook, and ends with it", () => {
    const one = examination([1, 3], () => null)
    expect(one.questions()).toEqual([1, 3])
    one.answered({ silent: [1, 3], overtaken: true })
    expect(one.questions()).toEqual([1, 3])
    one.answered({ silent: [1, 3], overtaken: false })
    expect([one.withheld, one.questions()]).toEqual([[], []])
  })

  it("is for those who were silent first, and within the budget", async () => {
    expect((await examined({ start: lacksOdd, serve: lacksOdd }, { budget: 5 })).starts).toEqual([])
    expect((await examined({ start: lacksOdd, serve: lacksOdd }, { budget: 6 })).starts).toHaveLength(6)
  })
})
