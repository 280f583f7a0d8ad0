import type { Audit } from "../report.ts"
import { allChoked } from "./all-choked.ts"
import { belowThreshold } from "./below-threshold.ts"
import { biasedList } from "./biased-list.ts"
import { budgetHit } from "./budget-hit.ts"
import { canary } from "./canary.ts"
import { corruptData } from "./corrupt-data.ts"
import { deadTracker } from "./dead-tracker.ts"
import { dhtAbsent } from "./dht-absent.ts"
import { dhtEclipse } from "./dht-eclipse.ts"
import { dhtPhantoms } from "./dht-phantoms.ts"
import { dhtScrapeMismatch } from "./dht-scrape-mismatch.ts"
import { lastSeeder } from "./last-seeder.ts"
import { localBottleneck } from "./local-bottleneck.ts"
import { lowReach } from "./low-reach.ts"
import { mirroredTrackers } from "./mirrored-trackers.ts"
import { missingPieces } from "./missing-pieces.ts"
import { movedWebseed } from "./moved-webseed.ts"
import { noSeeder } from "./no-seeder.ts"
import { oneNetwork } from "./one-network.ts"
import { pexPhantoms } from "./pex-phantoms.ts"
import { phantomPeers } from "./phantom-peers.ts"
import { phantomSeeders } from "./phantom-seeders.ts"
import { privateLeak } from "./private-leak.ts"
import { rangelessWebseed } from "./rangeless-webseed.ts"
import { refusingTracker } from "./refusing-tracker.ts"
import { scarcePieces } from "./scarce-pieces.ts"
import { selfOffline } from "./self-offline.ts"
import { sharedUplink } from "./shared-uplink.ts"
import { staleWebseed } from "./stale-webseed.ts"
import { trackerDisagreement } from "./tracker-disagreement.ts"
import { unservedClaims } from "./unserved-claims.ts"

/** In the order in which a reader wants the answers, among findings of equal weight. */
export const audits = [
  selfOffline,
  noSeeder,
  missingPieces,
  belowThreshold,
  lastSeeder,
  oneNetwork,
  scarcePieces,
  phantomSeeders,
  phantomPeers,
  canary,
  deadTracker,
  refusingTracker,
  dhtAbsent,
  dhtEclipse,
  dhtPhantoms,
  dhtScrapeMismatch,
  pexPhantoms,
  privateLeak,
  staleWebseed,
  movedWebseed,
  rangelessWebseed,
  corruptData,
  unservedClaims,
  allChoked,
  lowReach,
  trackerDisagreement,
  mirroredTrackers,
  biasedList,
  sharedUplink,
  localBottleneck,
  budgetHit,
] as const satisfies readonly Audit[]
