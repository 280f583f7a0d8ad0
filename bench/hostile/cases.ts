/** Every hostile behaviour that is tried. A file of cases is one import and one line here; nothing is found by scanning. */
import type { HostileCase } from "./case.ts"
import { peerClaimCases } from "./cases/peer-claims.ts"
import { peerExtensionCases } from "./cases/peer-extensions.ts"
import { peerFloodCases } from "./cases/peer-floods.ts"
import { peerHandshakeCases } from "./cases/peer-handshake.ts"
import { peerLengthCases } from "./cases/peer-lengths.ts"
import { peerMetadataCases } from "./cases/peer-metadata.ts"
import { peerPexCases } from "./cases/peer-pex.ts"
import { peerPieceCases } from "./cases/peer-pieces.ts"
import { peerCrowdCases } from "./cases/peer-crowds.ts"
import { peerIncomingCases } from "./cases/peer-incoming.ts"
import { peerEncryptedCases } from "./cases/peer-encrypted.ts"
import { peerHashCases } from "./cases/peer-hashes.ts"
import { peerUtpCases } from "./cases/peer-utp.ts"
import { databaseCases } from "./cases/file-databases.ts"
import { lookupCases } from "./cases/file-lookups.ts"
import { placeCases } from "./cases/file-places.ts"
import { setupCases } from "./cases/file-setup.ts"
import { snapshotCases } from "./cases/file-snapshots.ts"
import { sourceCases } from "./cases/file-sources.ts"
import { stateCases } from "./cases/file-state.ts"
import { torrentCases } from "./cases/file-torrents.ts"
import { urlCases } from "./cases/file-urls.ts"
import { formatCases } from "./cases/name-formats.ts"
import { trackerHttpBodyCases } from "./cases/tracker-http-bodies.ts"
import { trackerHttpEncodingCases } from "./cases/tracker-http-encodings.ts"
import { trackerHttpRedirectCases } from "./cases/tracker-http-redirects.ts"
import { trackerHttpSilenceCases } from "./cases/tracker-http-silence.ts"
import { trackerHttpWordCases } from "./cases/tracker-http-words.ts"
import { trackerManyCases } from "./cases/tracker-many.ts"
import { trackerUdpCases } from "./cases/tracker-udp.ts"
import { trackerWsCases } from "./cases/tracker-ws.ts"
import { dhtCrowdCases } from "./cases/dht-crowds.ts"
import { dhtReplyCases } from "./cases/dht-replies.ts"
import { lsdMulticastCases } from "./cases/lsd-multicast.ts"
import { webSeedServerCases } from "./cases/web-seed-servers.ts"
import { webSeedRedirectCases } from "./cases/web-seed-redirects.ts"
import { proxySocksCases } from "./cases/proxy-socks.ts"

export const cases: readonly HostileCase[] = [
  ...peerHandshakeCases,
  ...peerLengthCases,
  ...peerClaimCases,
  ...peerFloodCases,
  ...peerPieceCases,
  ...peerPexCases,
  ...peerMetadataCases,
  ...peerExtensionCases,
  ...peerUtpCases,
  ...peerHashCases,
  ...peerEncryptedCases,
  ...peerIncomingCases,
  ...peerCrowdCases,
  ...databaseCases,
  ...lookupCases,
  ...placeCases,
  ...setupCases,
  ...snapshotCases,
  ...sourceCases,
  ...stateCases,
  ...torrentCases,
  ...urlCases,
  ...formatCases,
  ...trackerHttpSilenceCases,
  ...trackerHttpBodyCases,
  ...trackerHttpEncodingCases,
  ...trackerHttpRedirectCases,
  ...trackerHttpWordCases,
  ...trackerManyCases,
  ...trackerUdpCases,
  ...trackerWsCases,
  ...dhtReplyCases,
  ...dhtCrowdCases,
  ...lsdMulticastCases,
  ...webSeedServerCases,
  ...webSeedRedirectCases,
  ...proxySocksCases,
]
