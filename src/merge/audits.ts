/** Every audit across places; a new one is one file and one line here. */
import { answersByPlace } from "./answers-by-place.ts"
import type { VantageAudit } from "./vantage-audit.ts"

export const vantageAudits: readonly VantageAudit[] = [answersByPlace]
