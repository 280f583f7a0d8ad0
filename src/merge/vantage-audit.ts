/** A question that only several places together can answer. */
import type { Vantage } from "../measure/vantages/vantage.ts"
import type { Audit, Finding } from "../report.ts"

/** A finding says which places it is about; none: all of them. */
export type PlacedFinding = Finding & { vantages: readonly string[] }

export interface VantageAudit extends Pick<Audit, "id" | "title" | "question" | "references"> {
  /** `matched`: a peer has the same name at all places. */
  judge(vantages: readonly Vantage[], matched: boolean): readonly PlacedFinding[]
}
