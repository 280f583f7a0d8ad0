/** Accusations × truth: which lies were named by the right audit, and who was accused without one. */
import type { Truth } from "./truth.ts"
import type { View } from "./view.ts"

export interface Accusations {
  readonly right: readonly string[]
  readonly missed: readonly string[]
  /** About an honest peer, tracker or web seed. */
  readonly wrong: readonly string[]
  /** About a liar, by another audit than the one that must name it. */
  readonly beside: readonly string[]
}

/** One lie, told by one party or by several together, by a tracker or by a web seed. */
export interface Planting {
  /** That must name it. */
  readonly audit: string
  /** The role of a party; what else lies. */
  readonly kind: string
  readonly name: string
  /** `named`: by the right audit, every party of it; `beside`: by another one only. */
  readonly outcome: "named" | "beside" | "missed"
}

/** Problems of a tracker or web seed that say nothing of its honesty. */
const noLies = new Set(["dead-tracker", "refusing-tracker", "biased-list", "mirrored-trackers"])

interface Suspect {
  readonly subject: "peer" | "tracker" | "webseed"
  readonly honest: boolean
  readonly accusedBy: string | null
  readonly kind: string
  readonly names: readonly string[]
  readonly group: string
}

const suspectsOf = ({ parties, trackers, webSeeds = [] }: Truth): Suspect[] => {
  const served = (subject: "tracker" | "webseed", all: Truth["trackers"]): Suspect[] =>
    all.map((one) => ({
      ...one,
      subject,
      kind: one.lie ?? subject,
      names: [one.url],
      group: one.group ?? one.url,
    }))
  return [
    ...parties.map((party): Suspect => ({
      ...party,
      subject: "peer",
      names: party.endpoints,
      group: party.group ?? party.name,
    })),
    ...served("tracker", trackers),
    ...served("webseed", webSeeds),
  ]
}

export function judged(
  view: View,
  truth: Truth,
): { accusations: Accusations; plantings: readonly Planting[] } {
  const suspects = suspectsOf(truth)
  const told = view.problems.flatMap(({ audit, subject }) => {
    const [, kind, name = ""] = /^(peer|tracker|webseed):(.*)$/.exec(subject) ?? []
    if (kind === undefined || noLies.has(audit)) return []
    const suspect = suspects.find((each) => each.subject === kind && each.names.includes(name))
    return [{ audit, name, suspect }]
  })
  const line = ({ audit, name }: { audit: string; name: string }) => `${audit} ${name}`
  const isRight = ({ audit, suspect }: (typeof told)[number]) => suspect?.accusedBy === audit
  const isNamed = (suspect: Suspect) => told.some((each) => each.suspect === suspect && isRight(each))
  const liars = suspects.filter(({ accusedBy }) => accusedBy !== null)
  const groups = Map.groupBy(liars, ({ subject, group, accusedBy }) => `${subject} ${group} ${accusedBy}`)
  return {
    accusations: {
      right: told.filter(isRight).map(line),
      missed: liars
        .filter((suspect) => !isNamed(suspect))
        .map(({ accusedBy, names }) => line({ audit: accusedBy ?? "", name: names[0] ?? "" })),
      // Whoever is unknown to us told no lie that we know of.
      wrong: told.filter(({ suspect }) => suspect?.honest !== false).map(line),
      beside: told.filter((each) => each.suspect?.honest === false && !isRight(each)).map(line),
    },
    plantings: [...groups.values()].flatMap((members): Planting[] => {
      const [first] = members
      if (first === undefined) return []
      const beside = told.some(({ suspect }) => suspect !== undefined && members.includes(suspect))
      const outcome = members.every(isNamed) ? "named" : beside ? "beside" : "missed"
      return [{ audit: first.accusedBy ?? "", kind: first.kind, name: first.group, outcome }]
    }),
  }
}

/** One row for each audit that must name somebody, from most plantings to fewest. */
export interface Recall {
  readonly audit: string
  readonly kinds: readonly string[]
  readonly planted: number
  readonly named: number
  readonly beside: number
  readonly missed: number
}

export function recallOf(plantings: readonly Planting[]): Recall[] {
  const byAudit = Map.groupBy(plantings, ({ audit }) => audit)
  const rows = [...byAudit].map(([audit, of]): Recall => {
    const count = (outcome: Planting["outcome"]) => of.filter((each) => each.outcome === outcome).length
    return {
      audit,
      kinds: [...new Set(of.map(({ kind }) => kind))].sort(),
      planted: of.length,
      named: count("named"),
      beside: count("beside"),
      missed: count("missed"),
    }
  })
  return rows.toSorted((a, b) => b.planted - a.planted || (a.audit < b.audit ? -1 : 1))
}

/** null: there was none. */
export const recallRatio = (plantings: readonly Planting[]): number | null =>
  plantings.length === 0
    ? null
    : plantings.filter(({ outcome }) => outcome === "named").length / plantings.length
