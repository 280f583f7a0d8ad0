/** How two kept audits looked: as `diff/conditions.ts` asks of two snapshots, as far as a line of each tells. */
import type { AuditRow } from "../../report.ts"

/** Empty: alike. */
export function differingRows(before: AuditRow, after: AuditRow): string {
  if (!before.complete) return "the one before was cut short"
  if (!after.complete) return "cut short"
  return before.depth === after.depth ? "" : `depth was ${before.depth}, is ${after.depth}`
}
