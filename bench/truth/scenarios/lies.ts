/** Liars among honest ones: who can be convicted must be, and nobody else; the others must break nothing. */
import type { RoleName } from "../roles.ts"
import { KiB, MiB, plain, type CastPlan, type MemberPlan, type TruthScenario } from "../scenario.ts"

const half = { every: 1, of: 2 } as const
const at = (bytesPerSecond: number, ...roles: RoleName[]): CastPlan[] =>
  roles.map((role) => ({ role, bytesPerSecond }))

const honest: readonly MemberPlan[] = [
  { driver: "libtorrent", holding: "all", uplinkBytesPerSecond: 1 * MiB },
  { driver: "transmission", holding: "all", uplinkBytesPerSecond: 512 * KiB },
  { driver: "qbittorrent", holding: half, uplinkBytesPerSecond: 256 * KiB },
  { driver: "aria2", holding: "all", uplinkBytesPerSecond: 256 * KiB },
  { driver: "rtorrent", holding: "all", uplinkBytesPerSecond: 128 * KiB },
  { driver: "deluge", holding: half, uplinkBytesPerSecond: 512 * KiB },
]

export const lies: readonly TruthScenario[] = [
  {
    ...plain,
    name: "liars",
    title: "wrong bytes, empty claims and false names among honest peers, and a tracker that claims tenfold",
    short: true,
    payload: { sizeBytes: 48 * MiB + 12_345, pieceBytes: 256 * KiB },
    members: honest,
    cast: at(
      1 * MiB,
      "corrupter",
      "corrupts-one-in-three",
      "over-claimer",
      "rejects-everything",
      "echo",
      "transmission-as-qbittorrent",
      "super-seeder",
    ),
    webSeeds: ["good", "zeros", "gone"],
    tracker: { kind: "library", factor: 10 },
  },
  {
    ...plain,
    name: "breakers",
    title: "peers that break the protocol, or stall, among honest ones",
    payload: { sizeBytes: 32 * MiB + 12_345, pieceBytes: 128 * KiB },
    members: honest,
    cast: at(
      1 * MiB,
      "corrupter",
      "silent-over-claimer",
      "choker",
      "snubber",
      "trickler",
      "silent",
      "garbage",
      "echo",
      "slow-handshake",
      "short-bitfield",
      "have-out-of-range",
      "huge-message",
      "keep-alives",
      "bencode-bomb",
      "piece-flood",
      "have-flood",
      "leaves-mid-piece",
    ),
    // To convict whoever stays silent takes two minutes; who trickles would be waited for much longer.
    flags: ["--pace", "fast", "--timeout", "150s"],
    compared: false,
  },
]
