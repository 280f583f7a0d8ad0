/** A question that only several places together can answer. */
import type { Vantage } from "../measure/vantages/vantage.ts"
import type { Audit, Finding } from "../report.ts"

/** A finding says which places it is about; none: all of them. */
export type PlacedFinding = Finding & { vantages: readonly string[] }

export interface VantageAudit extends Pick<Audit, "id" | "title" | "question" | "references"> {
  judge(vantages: readonly Vantage[]): readonly PlacedFinding[]
}
