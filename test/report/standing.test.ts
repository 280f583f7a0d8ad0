import { describe, expect, it } from "vitest"
import { countStandings, needingAttention, standOf, statusOf, worstFirst } from "../../src/report/standing.ts"
import { isLate, oldestWaitMs, vantageStates } from "../../src/report/vantage-state.ts"
import type { AuditRow, FleetView } from "../../src/report.ts"
import { at, audited, before, fleetStatus, torrent, vantage, view, worker } from "../render/fleet-statuses.ts"

const seen = (label: string, status: AuditRow["status"], seedersReached = 9): FleetView =>
  view({ vantage: label, newest: audited(1, { status, seedersReached }) })
const failed = { dueAt: before(1), attempts: 3, code: "no-metadata", message: "no peer sent metadata in 3m" }
const awaited = view({ vantage: "new", newest: null, dayBefore: null, audits: 0 })

describe("a torrent stands as", () => {
  it.each<[string, FleetView[], string, string[], number]>([
    [
      "the worst of what any vantage point says",
      [seen("a", "ok"), seen("b", "critical")],
      "critical",
      ["b"],
      2,
    ],
    ["unknown before warning", [seen("a", "warning"), seen("b", "unknown")], "unknown", ["b"], 2],
    ["all say", [seen("a", "ok"), seen("b", "ok")], "ok", ["a", "b"], 2],
    [
      "failed, whatever it was before",
      [view({ vantage: "a", failed }), seen("b", "warning")],
      "failed",
      ["a"],
      2,
    ],
    [
      "critical still, though the last audit failed",
      [view({ newest: audited(9, { status: "critical" }), failed })],
      "critical",
      ["ber"],
      1,
    ],
    ["failed, never audited", [view({ newest: null, failed })], "failed", ["ber"], 1],
    ["awaited", [awaited], "awaited", ["new"], 0],
    ["awaited, without a worker", [], "awaited", [], 0],
    ["well, though one has not come to it yet", [seen("a", "ok"), awaited], "ok", ["a"], 1],
  ])("%s", (_, views, standing, from, count) => {
    expect(standOf(torrent("x", views), new Set())).toMatchObject({ standing, from, seen: count })
  })

  it("others say where a place is blind; unknown, where all are", () => {
    const views = [seen("a", "warning"), seen("lost", "unknown")]
    expect(standOf(torrent("x", views), new Set(["lost"]))).toMatchObject({
      standing: "warning",
      from: ["a"],
    })
    expect(standOf(torrent("x", views.slice(1)), new Set(["lost"]))).toMatchObject({ standing: "unknown" })
  })

  it("with the figures of whom fewest serve", () => {
    const views = [seen("a", "critical", 7), seen("b", "critical", 2), seen("c", "ok", 0)]
    expect(standOf(torrent("x", views), new Set()).view?.vantage).toBe("b")
  })
})

describe("a fleet", () => {
  const fleet = [
    torrent("well", [seen("a", "ok", 2)]),
    torrent("awaited", [awaited]),
    torrent("warned", [seen("a", "warning")]),
    torrent("unknown", [seen("a", "unknown")]),
    torrent("failed", [view({ failed })]),
    torrent("dying", [seen("a", "critical", 3)]),
    torrent("dead", [seen("a", "critical", 0)]),
    torrent("also well", [seen("a", "ok", 2)]),
  ]

  it("is in order worst first, of the same whom fewer serve, then by name", () => {
    expect(worstFirst({ torrents: fleet }).map((each) => each.torrent.name)).toEqual([
      "dead",
      "dying",
      "failed",
      "unknown",
      "warned",
      "awaited",
      "also well",
      "well",
    ])
  })

  it("is counted, each torrent once, and judged on the one scale", () => {
    const count = (names: readonly string[]) =>
      countStandings(
        worstFirst({ torrents: fleet.filter(({ name }) => names.length === 0 || names.includes(name)) }).map(
          ({ stand }) => stand,
        ),
      )
    expect(count([])).toEqual({ critical: 2, failed: 1, unknown: 1, warning: 1, awaited: 1, ok: 2 })
    expect(needingAttention(count([]))).toBe(5)
    expect(statusOf(count([]))).toBe("critical")
    expect(statusOf(count(["failed", "warned"]))).toBe("unknown")
    expect(statusOf(count(["awaited", "well"]))).toBe("unknown")
    expect(statusOf(count(["warned", "well"]))).toBe("warning")
    expect(statusOf(count(["well"]))).toBe("ok")
  })
})

describe("a vantage point", () => {
  const unknownFrom = (label: string, count: number) =>
    Array.from({ length: count }, (_, n) => torrent(`t${n}`, [seen("ber", "ok"), seen(label, "unknown")]))
  const stateOf = (label: string, fleet: Parameters<typeof fleetStatus>[0]) =>
    vantageStates(fleetStatus(fleet)).find((each) => each.label === label)

  it("without a living worker is gone, and stands first", () => {
    const dead = worker({ alive: false, seenAt: before(9), running: 5 })
    const vantages = [vantage("ber"), vantage("nyc", { workers: [dead] }), vantage("sgp", { workers: [] })]
    expect(vantageStates(fleetStatus({ vantages }))).toMatchObject([
      { label: "nyc", state: "gone", workers: 0, running: 0, seenAt: before(9) },
      { label: "sgp", state: "gone", seenAt: null },
      { label: "ber", state: "well", workers: 1, running: 1 },
    ])
  })

  it("that can tell nothing of anything is blind; of a few, or of all but one, it is not", () => {
    expect(stateOf("fra", { torrents: unknownFrom("fra", 3) })?.state).toBe("blind")
    expect(stateOf("ber", { torrents: unknownFrom("fra", 3) })?.state).toBe("well")
    expect(stateOf("fra", { torrents: unknownFrom("fra", 2) })?.state).toBe("well")
    const torrents = [...unknownFrom("fra", 9), torrent("seen", [seen("fra", "critical")])]
    expect(stateOf("fra", { torrents })?.state).toBe("well")
  })
})

describe("the queue", () => {
  const due = (oldestDueAt: string | null) => {
    const { queue } = fleetStatus()
    return fleetStatus({ queue: { ...queue, oldestDueAt } })
  }

  it("is late when the oldest has waited longer than its work should take to begin", () => {
    expect(oldestWaitMs(due(null))).toBeNull()
    expect(isLate(due(null))).toBe(false)
    expect(isLate(due(before(0.2)))).toBe(false)
    expect(isLate(due(before(0.3)))).toBe(true)
    // A clock that went back.
    expect(oldestWaitMs({ ...due(at), at: before(1) })).toBe(0)
  })
})
