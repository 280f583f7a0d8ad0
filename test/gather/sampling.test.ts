import { describe, expect, it } from "vitest"
import type { Sample } from "../../src/evidence.ts"
import { seededRandom } from "../../src/gather/random.ts"
import { samplingPlan, type Duty, type Sampled, type SamplingPlan } from "../../src/gather/sampling.ts"
import { emptyBitfield, fullBitfield, setPiece } from "../../src/torrent/bitfield.ts"

const pieceCount = 100

const plan = (wanted = 10, seed = "a") =>
  samplingPlan({ pieceCount, wanted, random: seededRandom(seed), copies: () => 1 })

const peer = (key: string, bits = fullBitfield(pieceCount)) => {
  const samples: Sample[] = []
  return { key, bits: () => bits, samples } satisfies Sampled
}

const whole7: Duty = { piece: 7, part: "whole" }

const holding = (...held: number[]) => {
  const bits = emptyBitfield(pieceCount)
  for (const piece of held) setPiece(bits, piece)
  return bits
}

/** Asks and answers in one go. */
function give(
  plan: SamplingPlan,
  to: Sampled & { samples: Sample[] },
  what: number | Duty,
  how: "right" | "wrong" | "rejected" | "closed",
) {
  const { piece, part } = typeof what === "number" ? { piece: what, part: "any" as const } : what
  plan.asked(to, piece)
  const sample: Sample = {
    piece,
    atMs: 0,
    bytes: 1,
    ms: 1,
    ...(typeof part === "number" && { offset: part, proof: "merkle" as const }),
    verified: how === "right" ? true : how === "wrong" ? false : null,
    failure: how === "right" ? null : { code: how === "wrong" ? "hash-mismatch" : how, detail: null },
    capped: false,
    progress: [],
  }
  to.samples.push(sample)
  plan.answered(to, sample)
}

describe("the sampling plan", () => {
  it("spreads its pieces: one in every stratum, the same for the same seed", () => {
    const seeder = peer("a")
    const run = (seed: string) => {
      const fresh = plan(10, seed)
      const taken: number[] = []
      for (let piece = fresh.planned(seeder); piece !== null; piece = fresh.planned(seeder)) {
        taken.push(piece)
        give(fresh, seeder, piece, "right")
      }
      return taken
    }
    const taken = run("one")
    expect(taken.map((piece) => Math.floor(piece / 10)).toSorted((a, b) => a - b)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ])
    expect(run("one")).toEqual(taken)
    expect(run("two")).not.toEqual(taken)
  })

  it("takes the rarest of the planned pieces first", () => {
    const rare = samplingPlan({
      pieceCount,
      wanted: pieceCount,
      random: seededRandom("a"),
      copies: (piece) => (piece === 42 ? 1 : 5),
    })
    expect(rare.planned(peer("a"))).toBe(42)
  })

  it("finds another piece of the stratum when the planned one isn't claimed", () => {
    const fresh = plan(2)
    const partial = peer("a", holding(60, 61))
    expect([60, 61]).toContain(fresh.planned(partial))
    expect(fresh.planned(peer("b", holding()))).toBeNull()
  })

  it("asks every peer for one piece, even when all are verified already", () => {
    const fresh = plan(1)
    const [first, second] = [peer("a"), peer("b")]
    give(fresh, first, fresh.duty(first)!, "right")
    expect(fresh.planned(second)).toBeNull()
    expect(fresh.duty(second)).not.toBeNull()
    give(fresh, second, fresh.duty(second)!, "right")
    expect(fresh.duty(second)).toBeNull()
  })

  it("asks for wrong bytes once more of the same peer, and of somebody else", () => {
    const fresh = plan()
    const [liar, witness] = [peer("liar"), peer("witness")]
    give(fresh, liar, 7, "wrong")
    expect(fresh.duty(liar)).toEqual(whole7)
    expect(fresh.awaits(witness)).toBe(true)
    expect(fresh.duty(witness)).toEqual(whole7)
    give(fresh, witness, 7, "right")
    expect(fresh.awaits(witness)).toBe(false)
    give(fresh, liar, 7, "wrong")
    expect(fresh.duty(liar)?.piece).not.toBe(7)
  })

  it("asks for the same wrong block, not for another, of the same peer and of somebody else", () => {
    const fresh = plan()
    const [liar, witness] = [peer("liar"), peer("witness")]
    const [block, other] = [
      { piece: 7, part: 16_384 },
      { piece: 7, part: 32_768 },
    ]
    give(fresh, liar, block, "wrong")
    expect(fresh.duty(liar)).toEqual(block)
    expect(fresh.duty(witness)).toEqual(block)
    give(fresh, witness, other, "right")
    expect(fresh.awaits(witness)).toBe(true)
    give(fresh, witness, block, "right")
    expect(fresh.awaits(witness)).toBe(false)
    give(fresh, liar, block, "wrong")
    expect(fresh.duty(liar)?.piece).not.toBe(7)
  })

  it("takes a whole piece as a witness for a block of it, but no block for the piece", () => {
    const fresh = plan()
    const [liar, witness, other] = [peer("liar"), peer("witness"), peer("other")]
    give(fresh, liar, { piece: 7, part: 0 }, "wrong")
    give(fresh, witness, 7, "right")
    expect(fresh.awaits(other)).toBe(false)
    give(fresh, liar, 8, "wrong")
    give(fresh, witness, { piece: 8, part: 0 }, "right")
    expect(fresh.duty(other)).toEqual({ piece: 8, part: "whole" })
  })

  it("repeats a piece that came wrong after its block could not be proven", () => {
    const fresh = plan()
    const liar = peer("liar")
    give(fresh, liar, { piece: 7, part: 0 }, "closed")
    give(fresh, liar, 7, "wrong")
    expect(fresh.duty(liar)).toEqual(whole7)
  })

  it("needs no second opinion when somebody else gave the piece before", () => {
    const fresh = plan()
    const [liar, witness] = [peer("liar"), peer("witness")]
    give(fresh, witness, 7, "right")
    give(fresh, liar, 7, "rejected")
    expect(fresh.awaits(witness)).toBe(false)
  })

  it("tries a peer that refuses one piece on others, until three have failed twice", () => {
    const fresh = plan()
    const refuser = peer("refuser")
    const asked = new Set<number>()
    for (let duty = fresh.duty(refuser); duty !== null; duty = fresh.duty(refuser)) {
      asked.add(duty.piece)
      give(fresh, refuser, duty, "rejected")
      expect(asked.size).toBeLessThan(20)
    }
    expect(asked.size).toBe(3)
    expect(refuser.samples).toHaveLength(6)
  })

  it("plans nothing more for who gave three wrong pieces and no right one", () => {
    const fresh = plan()
    const [liar, mixed] = [peer("liar"), peer("mixed")]
    give(fresh, mixed, 1, "right")
    for (const piece of [21, 31, 41]) {
      expect(fresh.planned(liar)).not.toBeNull()
      give(fresh, liar, piece, "wrong")
      give(fresh, mixed, piece, "wrong")
    }
    expect(fresh.planned(liar)).toBeNull()
    expect(fresh.planned(mixed)).not.toBeNull()
  })

  it("stops looking for more after twelve pieces with one failure", () => {
    const fresh = plan()
    const unlucky = peer("unlucky")
    give(fresh, unlucky, fresh.duty(unlucky)!, "wrong")
    for (let duty = fresh.duty(unlucky); duty !== null; duty = fresh.duty(unlucky)) {
      give(fresh, unlucky, duty, "right")
      expect(unlucky.samples.length).toBeLessThan(30)
    }
    expect(new Set(unlucky.samples.map(({ piece }) => piece)).size).toBe(12)
  })

  it("looks for more after the first failure, however many pieces came right before", () => {
    const fresh = plan()
    const late = peer("late")
    for (let piece = 0; piece < 30; piece++) give(fresh, late, piece, "right")
    give(fresh, late, 30, "rejected")
    for (let duty = fresh.duty(late); duty !== null; duty = fresh.duty(late)) {
      give(fresh, late, duty, duty.piece === 30 ? "rejected" : "right")
      expect(late.samples.length).toBeLessThan(60)
    }
    expect(new Set(late.samples.map(({ piece }) => piece)).size).toBe(30 + 12)
  })

  it("does not hold a closed connection against anybody", () => {
    const fresh = plan()
    const unlucky = peer("unlucky")
    give(fresh, unlucky, 7, "closed")
    expect(fresh.awaits(peer("other"))).toBe(false)
  })

  it("asks for no piece that a peer withheld, and a withholder of several for nothing that others wait for", () => {
    const fresh = plan()
    const two = peer("a", holding(1, 2, 3))
    give(fresh, two, 1, "rejected")
    fresh.withheld(two, [1])
    expect(fresh.duty(two)).toBe(null)
    expect([2, 3]).toContain(fresh.planned(two))
    fresh.withheld(two, [2])
    give(fresh, peer("other"), 3, "wrong")
    expect([fresh.duty(two), fresh.planned(two), fresh.awaits(two)]).toEqual([null, null, false])
    // Its rate can still be measured.
    expect([fresh.any(two), fresh.any(two)]).toEqual([3, 3])
  })

  it("wants another's opinion of a piece in doubt, unless there is one", () => {
    const fresh = plan()
    const [silent, witness, other] = [peer("silent"), peer("witness"), peer("other")]
    give(fresh, witness, 7, "right")
    fresh.doubted(silent, 7)
    expect([fresh.awaits(other), fresh.disputes]).toEqual([false, 0])
    fresh.doubted(silent, 8)
    expect(fresh.awaits(other)).toBe(true)
    expect(fresh.duty(other)).toEqual({ piece: 8, part: 0 })
    give(fresh, other, { piece: 8, part: "whole" }, "right")
    expect(fresh.awaits(witness)).toBe(false)
  })

  it("tests claims in order of a walk, each once", () => {
    const fresh = plan()
    const partial = peer("a", holding(1, 2, 3))
    give(fresh, partial, 1, "right")
    const first = fresh.untested(partial, new Set([2]))
    expect(first).toBe(3)
    give(fresh, partial, 3, "right")
    expect(fresh.untested(partial, new Set([2]))).toBe(null)
  })

  it("repeats a peer's pieces for goodput only after all of them were asked", () => {
    const fresh = plan()
    const partial = peer("a", holding(1, 2))
    give(fresh, partial, fresh.any(partial)!, "right")
    give(fresh, partial, fresh.any(partial)!, "right")
    expect(new Set(partial.samples.map(({ piece }) => piece))).toEqual(new Set([1, 2]))
    expect(fresh.any(partial)).not.toBeNull()
    fresh.asked(partial, 1)
    expect(fresh.any(partial)).toBe(2)
  })

  it.each([
    ["wrong", null],
    ["rejected", "more"],
  ] as const)("of whom three pieces came %s: %s", (how, more) => {
    const fresh = plan()
    const liar = peer("liar")
    for (const piece of [3, 33, 63]) give(fresh, liar, piece, how)
    // A refusal costs nothing, and who refuses some pieces may serve others.
    expect(fresh.planned(liar) === null).toBe(more === null)
  })
})
