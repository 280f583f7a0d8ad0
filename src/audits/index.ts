import type { Audit } from "../report.ts"
import { allChoked } from "./all-choked.ts"
import { belowThreshold } from "./below-threshold.ts"
import { budgetHit } from "./budget-hit.ts"
import { corruptData } from "./corrupt-data.ts"
import { deadTracker } from "./dead-tracker.ts"
import { lastSeeder } from "./last-seeder.ts"
import { localBottleneck } from "./local-bottleneck.ts"
import { lowReach } from "./low-reach.ts"
import { missingPieces } from "./missing-pieces.ts"
import { noSeeder } from "./no-seeder.ts"
import { phantomSeeders } from "./phantom-seeders.ts"
import { refusingTracker } from "./refusing-tracker.ts"
import { scarcePieces } from "./scarce-pieces.ts"
import { selfOffline } from "./self-offline.ts"
import { sharedUplink } from "./shared-uplink.ts"
import { trackerDisagreement } from "./tracker-disagreement.ts"
import { unservedClaims } from "./unserved-claims.ts"

/** In the order in which a reader wants the answers, among findings of equal weight. */
export const audits = [
  selfOffline,
  noSeeder,
  missingPieces,
  belowThreshold,
  lastSeeder,
  scarcePieces,
  phantomSeeders,
  deadTracker,
  refusingTracker,
  corruptData,
  unservedClaims,
  allChoked,
  lowReach,
  trackerDisagreement,
  sharedUplink,
  localBottleneck,
  budgetHit,
] as const satisfies readonly Audit[]
