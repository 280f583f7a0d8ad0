/** Who can be in a cast: src/demo's peers with known lies. Those that no audit can convict must simply break nothing. */
import {
  bencodeBomb,
  badBitfield,
  echoesAnyInfoHash,
  endlessKeepAlives,
  garbage,
  haveFlood,
  haveOutOfRange,
  hugeMessage,
  pieceFlood,
  reflects,
  silent,
  slowHandshake,
} from "../../src/demo/breakers.ts"
import { pick } from "../../src/demo/holdings.ts"
import { clients } from "../../src/demo/identity.ts"
import { leaves } from "../../src/demo/leavers.ts"
import {
  choker,
  corrupter,
  ignoresWhatItLacks,
  snubber,
  superSeeder,
  trickler,
} from "../../src/demo/liars.ts"
import type { PeerOptions } from "../../src/demo/peer.ts"
import type { Behaviour } from "../../src/demo/steps.ts"
import { fullBitfield } from "../../src/torrent/bitfield.ts"

export interface Role {
  /** No lie at all, however odd: nobody may accuse it. */
  readonly honest: boolean
  /** The audit that must name it. */
  readonly lie: "corrupt-data" | "unserved-claims" | null
  /** By what it holds, whatever it sends; null: it never gets to say so. */
  readonly counts: "seeder" | "leecher" | null
  options(pieceCount: number): Omit<PeerOptions, "payload">
}

const even = (pieceCount: number) => pick(pieceCount, (piece) => piece % 2 === 0)

/** Lacks every second piece that it claims. */
const overClaims = (...behaviours: Behaviour[]): Role => ({
  honest: false,
  lie: "unserved-claims",
  counts: "leecher",
  options: (pieceCount) => ({
    client: clients.biglybt,
    holds: even(pieceCount),
    claims: fullBitfield(pieceCount),
    behaviours,
  }),
})

const corrupts = (behaviour: Behaviour): Role => ({
  honest: false,
  lie: "corrupt-data",
  counts: "seeder",
  options: () => ({ client: clients.libtorrent, behaviours: [behaviour] }),
})

/** Odd, and all that can be said is what happened. */
const odd = (behaviour: Behaviour, options: { honest?: boolean; counts?: "seeder" } = {}): Role => ({
  honest: options.honest ?? false,
  lie: null,
  counts: options.counts ?? null,
  options: () => ({ client: clients.qbittorrent, behaviours: [behaviour] }),
})

export const roles = {
  corrupter: corrupts(corrupter()),
  "corrupts-one-in-three": corrupts(corrupter((piece) => piece % 3 === 0)),
  "over-claimer": overClaims(),
  "silent-over-claimer": overClaims(ignoresWhatItLacks),
  // Full upload slots look the same: whoever accuses it would accuse them.
  choker: odd(choker, { honest: true, counts: "seeder" }),
  "super-seeder": odd(superSeeder(4), { honest: true, counts: "seeder" }),
  snubber: odd(snubber, { counts: "seeder" }),
  trickler: odd(trickler(256), { counts: "seeder" }),
  silent: odd(silent),
  garbage: odd(garbage()),
  reflector: odd(reflects),
  echo: odd(echoesAnyInfoHash, { counts: "seeder" }),
  "slow-handshake": odd(slowHandshake(2)),
  "spare-bits": odd(badBitfield("spare-bits")),
  "short-bitfield": odd(badBitfield("too-short")),
  "have-out-of-range": odd(haveOutOfRange, { counts: "seeder" }),
  "huge-message": odd(hugeMessage, { counts: "seeder" }),
  "keep-alives": odd(endlessKeepAlives, { counts: "seeder" }),
  "bencode-bomb": odd(bencodeBomb("deep"), { counts: "seeder" }),
  "piece-flood": odd(pieceFlood, { counts: "seeder" }),
  "have-flood": odd(haveFlood, { counts: "seeder" }),
  "leaves-mid-piece": odd(leaves("mid-piece", "reset"), { counts: "seeder" }),
} satisfies Record<string, Role>

export type RoleName = keyof typeof roles
