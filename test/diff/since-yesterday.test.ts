import { describe, expect, it } from "vitest"
import { countMoves, sinceYesterday, type Move } from "../../src/diff/since-yesterday.ts"
import type { AuditRow, FleetView } from "../../src/report.ts"
import { audited, before, fleetStatus, torrent, view } from "../render/fleet-statuses.ts"
import { problem } from "../render/rows.ts"

const moved = (views: readonly FleetView[]) =>
  sinceYesterday(fleetStatus({ torrents: [torrent("x", views)] }))
const from = (label: string, was: Partial<AuditRow>, is: Partial<AuditRow>): FleetView =>
  view({ vantage: label, dayBefore: audited(25, was), newest: audited(1, is) })
const movesOf = (was: Partial<AuditRow>, is: Partial<AuditRow>): readonly Move[] =>
  moved([from("ber", was, is)])[0]?.moves ?? []

const dead = problem("dead-tracker", "warn", "tracker:udp://old.example.net:1337")
const otherDead = problem("dead-tracker", "warn", "tracker:udp://two.example.net:1337")
const corrupt = (peer: string, verdict: "warn" | "fail" = "fail") =>
  problem("corrupt-data", verdict, `peer:${peer}`)

it("nothing changed, nothing is told", () => {
  const same = { status: "warning", problems: [dead] } as const
  expect(moved([from("ber", same, same)])).toEqual([])
})

describe("a status", () => {
  it.each([
    ["ok", "critical", "worse"],
    ["ok", "warning", "worse"],
    ["critical", "warning", "better"],
    ["warning", "ok", "better"],
    // Who could not be tested may be well.
    ["ok", "unknown", "neither"],
    ["unknown", "critical", "neither"],
  ] as const)("%s → %s is %s", (was, is, direction) => {
    expect(movesOf({ status: was }, { status: is })).toMatchObject([
      { kind: "status", before: was, after: is, direction, vantages: ["ber"], but: "" },
    ])
  })

  it("is told once for all that saw the same", () => {
    const views = [
      from("ber", {}, { status: "critical" }),
      from("fra", {}, { status: "critical" }),
      from("nyc", {}, { status: "warning" }),
    ]
    const [told] = moved(views)
    expect(told).toMatchObject({ direction: "worse", since: before(25), vantages: 3 })
    expect(told?.moves.map(({ after, vantages }) => [after, vantages])).toEqual([
      ["critical", ["ber", "fra"]],
      ["warning", ["nyc"]],
    ])
  })
})

describe("audits that looked in another way", () => {
  it.each<[Partial<AuditRow>, Partial<AuditRow>, string]>([
    [{ depth: "scrape" }, {}, "depth was scrape, is sample"],
    [{}, { complete: false }, "cut short"],
    [{ complete: false }, {}, "the one before was cut short"],
  ])("make no change better or worse: %o, %o", (was, is, but) => {
    const moves = movesOf(
      { ...was, status: "ok", seedersReached: 90 },
      { ...is, status: "critical", seedersReached: 3, problems: [dead] },
    )
    expect(moves).toMatchObject([{ kind: "status", direction: "neither", but }])
  })
})

describe("a problem", () => {
  it("is new, gone, graver or milder", () => {
    const moves = movesOf(
      { status: "warning", problems: [dead, corrupt("a", "warn"), problem("no-seeder", "fail")] },
      { status: "warning", problems: [otherDead, corrupt("a"), problem("no-seeder", "warn")] },
    )
    expect(
      moves.map(({ audit, subject, before, after, direction }) => [audit, subject, before, after, direction]),
    ).toEqual([
      ["dead-tracker", "udp://old.example.net:1337", "warn", null, "better"],
      ["corrupt-data", "", "warn", "fail", "worse"],
      ["no-seeder", "", "fail", "warn", "better"],
      ["dead-tracker", "udp://two.example.net:1337", null, "warn", "worse"],
    ])
  })

  it("of a peer is the same problem with another peer: whom we meet is chance", () => {
    const critical = { status: "critical" } as const
    expect(
      movesOf(
        { ...critical, problems: [corrupt("a"), corrupt("b")] },
        { ...critical, problems: [corrupt("c")] },
      ),
    ).toEqual([])
  })

  it("of our own is nobody's", () => {
    expect(movesOf({}, { problems: [problem("self-offline", "warn", "self")] })).toEqual([])
  })

  it("is neither gone nor new where an audit could tell nothing", () => {
    const kinds = (moves: readonly Move[]) => moves.map(({ kind }) => kind)
    const [found, lost] = [{ status: "warning", problems: [dead] }, { status: "unknown" }] as const
    expect(kinds(movesOf(found, lost))).toEqual(["status"])
    expect(kinds(movesOf(lost, found))).toEqual(["status"])
  })

  it("is told once for all that saw it", () => {
    const found = { status: "warning", problems: [dead] } as const
    const [told] = moved([from("ber", {}, found), from("fra", found, found), from("nyc", {}, found)])
    expect(told?.moves.find(({ kind }) => kind === "problem")?.vantages).toEqual(["ber", "nyc"])
  })
})

describe("seeders reached", () => {
  it.each([
    [20, 10, "worse"],
    [20, 11, null],
    [10, 20, "better"],
    [0, 3, "better"],
    // One or two more or less are none.
    [2, 0, null],
    [4, 2, null],
    [6, 3, "worse"],
    [0, 0, null],
  ])("%i → %i: %s", (was, is, direction) => {
    const moves = movesOf({ seedersReached: was }, { seedersReached: is })
    expect(moves.map((move) => move.direction)).toEqual(direction === null ? [] : [direction])
  })

  it("are the most that any place reached: one place's bad day is not the swarm's", () => {
    expect(moved([from("ber", {}, { seedersReached: 2 }), from("fra", {}, {})])).toEqual([])
    const [told] = moved([
      from("ber", {}, { seedersReached: 2 }),
      from("fra", { seedersReached: 30 }, { seedersReached: 9 }),
    ])
    expect(told?.moves).toMatchObject([{ before: "30", after: "9", vantages: ["ber", "fra"] }])
  })

  it("are unknown where nobody was visited, or nothing could be told", () => {
    const scrape = { depth: "scrape" } as const
    expect(movesOf({ ...scrape, seedersReached: 20 }, { ...scrape, seedersReached: 0 })).toEqual([])
    expect(movesOf({}, { status: "unknown", seedersReached: 0 }).map(({ kind }) => kind)).toEqual(["status"])
  })
})

describe("since yesterday", () => {
  it("what was last audited before is no news", () => {
    const old = view({ dayBefore: audited(60, {}), newest: audited(25, { status: "critical" }) })
    expect(moved([old])).toEqual([])
  })

  it("a torrent of which nothing was known is new; one that was not audited at all is not", () => {
    const first = view({ dayBefore: null, newest: audited(1, { status: "critical" }) })
    expect(moved([first])).toMatchObject([{ since: null, direction: "neither", moves: [{ kind: "new" }] }])
    expect(moved([view({ newest: null, dayBefore: null })])).toEqual([])
    expect(moved([])).toEqual([])
    // Another place looks for the first time at what is known.
    expect(moved([{ ...first, vantage: "nyc" }, view()])).toEqual([])
  })

  it("is told worse first, new last, and counted", () => {
    const of = (name: string, was: AuditRow["status"], is: AuditRow["status"]) =>
      torrent(name, [from("ber", { status: was }, { status: is })])
    const told = sinceYesterday(
      fleetStatus({
        torrents: [
          torrent("new", [view({ dayBefore: null })]),
          of("better", "critical", "warning"),
          of("warned", "ok", "warning"),
          of("lost", "ok", "unknown"),
          of("dead", "ok", "critical"),
        ],
      }),
    )
    expect(told.map(({ name }) => name)).toEqual(["dead", "warned", "lost", "better", "new"])
    expect(countMoves(told)).toEqual({ worse: 2, other: 1, better: 1, new: 1 })
  })
})
