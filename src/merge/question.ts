import type { Finding } from "../report.ts"

const limitKeys = ["metric", "level", "low", "high", "inside"]

/** What a finding answers: its audit's question, and of limits that of the one limit. */
export const questionOf = ({ audit, evidence }: Pick<Finding, "audit" | "evidence">): string =>
  audit === "below-threshold"
    ? JSON.stringify([audit, ...limitKeys.map((key) => evidence[key] ?? null)])
    : audit
