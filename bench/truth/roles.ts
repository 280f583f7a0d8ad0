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
import type { audits } from "../../src/audits/index.ts"
import { pick, share } from "../../src/demo/holdings.ts"
import { clients, type Client } from "../../src/demo/identity.ts"
import { lockstep } from "../../src/demo/identity-liars.ts"
import { leaves } from "../../src/demo/leavers.ts"
import {
  allowsFast,
  choker,
  corrupter,
  ignoresWhatItLacks,
  snubber,
  superSeeder,
  trickler,
} from "../../src/demo/liars.ts"
import { namesByPex, nowhere } from "../../src/demo/pex-liars.ts"
import type { PeerOptions } from "../../src/demo/peer.ts"
import { restartsWithLess, rewinder } from "../../src/demo/progress-liars.ts"
import {
  chattySnubber,
  chokesAgain,
  deadLine,
  rejectsEverything,
  slowToBegin,
} from "../../src/demo/silent-liars.ts"
import type { Behaviour } from "../../src/demo/steps.ts"
import { fullBitfield } from "../../src/torrent/bitfield.ts"

export type AuditId = (typeof audits)[number]["id"]

export interface Role {
  /** No lie at all, however odd: nobody may accuse it. */
  readonly honest: boolean
  /** The audit that must name it. */
  readonly lie: AuditId | null
  /** How many there are at one address, each on a port of its own: one planting together. 1 unless given. */
  readonly perHost?: number
  /** By what it holds, whatever it sends; null: it never gets to say so. */
  readonly counts: "seeder" | "leecher" | null
  /** It holds more and more, also without `gainsPerSecond`. */
  readonly gains?: boolean
  /** `which`: the how manieth of its process it is. */
  options(pieceCount: number, which: number): Omit<PeerOptions, "payload">
}

const families: readonly Client[] = Object.values(clients)
const familyOf = (which: number): Client => families[which % families.length] ?? clients.transmission

const even = (pieceCount: number) => pick(pieceCount, (piece) => piece % 2 === 0)

/** Lacks every second piece that it claims. */
const overClaims = (...behaviours: Behaviour[]): Role => ({
  honest: false,
  lie: "unserved-claims",
  counts: "leecher",
  options: (pieceCount, which) => ({
    client: familyOf(which),
    holds: even(pieceCount),
    claims: fullBitfield(pieceCount),
    behaviours,
  }),
})

const corrupts = (behaviour: Behaviour): Role => ({
  honest: false,
  lie: "corrupt-data",
  counts: "seeder",
  options: (_, which) => ({ client: familyOf(which), behaviours: [behaviour] }),
})

/** Tells no lie, and does what people would call odd. */
const decent = (counts: "seeder" | "leecher", options: Role["options"]): Role => ({
  honest: true,
  lie: null,
  counts,
  options: (pieceCount, which) => ({ client: familyOf(which), ...options(pieceCount, which) }),
})

const lies = (
  lie: AuditId,
  counts: Role["counts"],
  options: Role["options"],
  more: Pick<Role, "perHost" | "gains"> = {},
): Role => ({ honest: false, lie, counts, options, ...more })

/** Of the peers of one process. */
const inStep = lockstep(1.5)

/** A peer id of one client and the `v` of another. */
const masked = (prefix: Client, v: Client): Role =>
  lies("client-mismatch", "seeder", () => ({ client: { prefix: prefix.prefix, v: v.v } }))

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
  "corrupts-one-in-ten": corrupts(corrupter((piece) => piece % 10 === 0)),
  "over-claimer": overClaims(),
  "silent-over-claimer": overClaims(ignoresWhatItLacks),
  seeder: decent("seeder", () => ({})),
  leecher: decent("leecher", (pieceCount, which) => ({ holds: share(pieceCount, 0.5, which) })),
  "late-unchoker": decent("seeder", () => ({ unchokeMs: 20_000 })),
  "without-fast": decent("leecher", (pieceCount, which) => ({
    fast: false,
    holds: share(pieceCount, 0.3, which),
  })),
  "allows-fast-only": decent("seeder", () => ({ behaviours: [allowsFast(0, 1, 2)] })),
  gaining: decent("leecher", (pieceCount, which) => ({
    holds: share(pieceCount, 0.2, which),
    gainsPerSecond: 0.5,
  })),
  /** Has everything 40 s after its start. */
  finisher: decent("seeder", (pieceCount) => ({
    holds: pick(pieceCount, (piece) => piece < pieceCount - 12),
    gainsPerSecond: 0.3,
  })),
  // Full upload slots look the same: whoever accuses it would accuse them.
  choker: odd(choker, { honest: true, counts: "seeder" }),
  "super-seeder": odd(superSeeder(4), { honest: true, counts: "seeder" }),
  snubber: lies("snubbing-peer", "seeder", (_, which) => ({
    client: familyOf(which),
    behaviours: [snubber],
  })),
  "chatty-snubber": lies("snubbing-peer", "seeder", (_, which) => ({
    client: familyOf(which),
    behaviours: [chattySnubber()],
  })),
  "rejects-everything": lies("unserved-claims", "seeder", (_, which) => ({
    client: familyOf(which),
    behaviours: [rejectsEverything],
  })),
  "chokes-again": odd(chokesAgain(8_000), { counts: "seeder" }),
  "slow-to-begin": decent("seeder", () => ({ behaviours: [slowToBegin(30_000)] })),
  "dead-line": decent("seeder", () => ({ behaviours: [deadLine(10_000, 30_000)] })),
  // Of a client whose ids are one's own for as long as it runs.
  rewinder: lies("rewound-progress", "leecher", () => ({
    client: clients.transmission,
    behaviours: [rewinder()],
  })),
  "restarts-with-less": decent("leecher", () => ({
    client: clients.transmission,
    behaviours: [restartsWithLess(2)],
  })),
  trickler: odd(trickler(256), { counts: "seeder" }),
  silent: odd(silent),
  garbage: odd(garbage()),
  reflector: lies("any-hash-echo", null, (_, which) => ({
    client: familyOf(which),
    behaviours: [reflects],
  })),
  // Whoever gives right bytes isn't asked for another info hash.
  "serving-echo": odd(echoesAnyInfoHash, { counts: "seeder" }),
  echo: lies("any-hash-echo", "seeder", (_, which) => ({
    client: familyOf(which),
    behaviours: [choker, echoesAnyInfoHash],
  })),
  "one-id": lies("shared-peer-id", "seeder", () => ({ client: clients.transmission })),
  lockstep: lies(
    "crowded-host",
    "leecher",
    (pieceCount, which) => ({
      client: familyOf(which),
      holds: share(pieceCount, 0.2),
      behaviours: [choker, inStep],
    }),
    // Two of an address are visited at a time: three pairs are needed.
    { perHost: 6, gains: true },
  ),
  "transmission-as-qbittorrent": masked(clients.transmission, clients.qbittorrent),
  "transmission-as-deluge": masked(clients.transmission, clients.deluge),
  "qbittorrent-as-transmission": masked(clients.qbittorrent, clients.transmission),
  "deluge-as-rtorrent": masked(clients.deluge, clients.rtorrent),
  "rtorrent-as-qbittorrent": masked(clients.rtorrent, clients.qbittorrent),
  "biglybt-as-transmission": masked(clients.biglybt, clients.transmission),
  "aria2-as-qbittorrent": masked(clients.aria2, clients.qbittorrent),
  "names-nowhere": lies("pex-phantoms", "seeder", (_, which) => ({
    client: familyOf(which),
    behaviours: [namesByPex(nowhere(12))],
  })),
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

export const roleOf = (name: RoleName): Role => roles[name]
