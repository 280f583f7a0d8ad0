import type { Audit } from "../report.ts"
import { allChoked } from "./all-choked.ts"
import { anyHashEcho } from "./any-hash-echo.ts"
import { belowThreshold } from "./below-threshold.ts"
import { biasedList } from "./biased-list.ts"
import { budgetHit } from "./budget-hit.ts"
import { canary } from "./canary.ts"
import { clientMismatch } from "./client-mismatch.ts"
import { constantCounts } from "./constant-counts.ts"
import { corruptData } from "./corrupt-data.ts"
import { crowdedHost } from "./crowded-host.ts"
import { deadTracker } from "./dead-tracker.ts"
import { dhtAbsent } from "./dht-absent.ts"
import { dhtEclipse } from "./dht-eclipse.ts"
import { dhtPhantoms } from "./dht-phantoms.ts"
import { dhtScrapeMismatch } from "./dht-scrape-mismatch.ts"
import { frozenCounter } from "./frozen-counter.ts"
import { implausibleDownloads } from "./implausible-downloads.ts"
import { lastSeeder } from "./last-seeder.ts"
import { localBottleneck } from "./local-bottleneck.ts"
import { lowReach } from "./low-reach.ts"
import { mirroredTrackers } from "./mirrored-trackers.ts"
import { misreportedDownloaded } from "./misreported-downloaded.ts"
import { misreportedLeft } from "./misreported-left.ts"
import { misreportedUploaded } from "./misreported-uploaded.ts"
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
import { rewoundProgress } from "./rewound-progress.ts"
import { scarcePieces } from "./scarce-pieces.ts"
import { selfOffline } from "./self-offline.ts"
import { sharedPeerId } from "./shared-peer-id.ts"
import { sharedUplink } from "./shared-uplink.ts"
import { snubbingPeer } from "./snubbing-peer.ts"
import { staleWebseed } from "./stale-webseed.ts"
import { stalledProgress } from "./stalled-progress.ts"
import { trackerDisagreement } from "./tracker-disagreement.ts"
import { understatedCounts } from "./understated-counts.ts"
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
  constantCounts,
  understatedCounts,
  frozenCounter,
  implausibleDownloads,
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
  sharedPeerId,
  crowdedHost,
  clientMismatch,
  misreportedLeft,
  misreportedDownloaded,
  misreportedUploaded,
  snubbingPeer,
  anyHashEcho,
  rewoundProgress,
  allChoked,
  stalledProgress,
  lowReach,
  trackerDisagreement,
  mirroredTrackers,
  biasedList,
  sharedUplink,
  localBottleneck,
  budgetHit,
] as const satisfies readonly Audit[]
