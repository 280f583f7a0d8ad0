/** Who plays in the demo: known rates, known pieces, known lies. */
import { fullBitfield } from "../torrent/bitfield.ts"
import { pick, share } from "./holdings.ts"
import { clients } from "./identity.ts"
import { choker, corrupter } from "./liars.ts"
import type { PeerOptions } from "./peer.ts"

export interface Actor extends Omit<PeerOptions, "payload"> {
  name: string
  /** The audit that must name it; null: nobody may accuse it. */
  lie: "corrupt-data" | "unserved-claims" | null
}

const KiB = 1024
const MiB = 1024 * KiB

export const demoCast = (pieceCount: number): Actor[] => [
  { name: "slow seeder", lie: null, client: clients.transmission, bytesPerSecond: 512 * KiB, unchokeMs: 700 },
  { name: "seeder", lie: null, client: clients.qbittorrent, bytesPerSecond: 1 * MiB },
  { name: "fast seeder", lie: null, client: clients.deluge, bytesPerSecond: 2 * MiB },
  {
    name: "leecher with 60%",
    lie: null,
    client: clients.rtorrent,
    bytesPerSecond: 1 * MiB,
    holds: share(pieceCount, 0.6),
    unchokeMs: 50,
    fast: false,
  },
  {
    name: "leecher with 25%",
    lie: null,
    client: clients.aria2,
    bytesPerSecond: 512 * KiB,
    holds: share(pieceCount, 0.25, 1),
    unchokeMs: 300,
  },
  {
    // Full slots look like this; so does a liar. No evidence can tell.
    name: "choker",
    lie: null,
    client: clients.transmission,
    behaviours: [choker],
  },
  {
    name: "corrupter",
    lie: "corrupt-data",
    client: clients.libtorrent,
    bytesPerSecond: 2 * MiB,
    behaviours: [corrupter()],
  },
  {
    name: "over-claimer",
    lie: "unserved-claims",
    client: clients.biglybt,
    bytesPerSecond: 1 * MiB,
    holds: pick(pieceCount, (piece) => piece % 2 === 0),
    claims: fullBitfield(pieceCount),
    unchokeMs: 400,
  },
]
