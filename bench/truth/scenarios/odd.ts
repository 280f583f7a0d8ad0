/** Honest clients in places, or with habits, that look like something else. */
import { KiB, MiB, plain, type MemberPlan, type TruthScenario } from "../scenario.ts"

const half = { every: 1, of: 2 } as const
const otherHalf = { every: 1, of: 2, offset: 1 } as const
const payload = { sizeBytes: 32 * MiB + 12_345, pieceBytes: 128 * KiB }

const rc4 = { encryption: "required", cipher: "rc4" } as const
const required = { encryption: "required" } as const
const off = { encryption: "off" } as const

const ordinary: readonly MemberPlan[] = [
  { driver: "libtorrent", holding: "all", uplinkBytesPerSecond: 1 * MiB },
  { driver: "transmission", holding: "all", uplinkBytesPerSecond: 512 * KiB },
  { driver: "qbittorrent", holding: "all", uplinkBytesPerSecond: 512 * KiB },
  { driver: "aria2", holding: half, uplinkBytesPerSecond: 384 * KiB },
  { driver: "rtorrent", holding: "all", uplinkBytesPerSecond: 256 * KiB },
  { driver: "deluge", holding: otherHalf, uplinkBytesPerSecond: 256 * KiB },
]

export const odd: readonly TruthScenario[] = [
  {
    ...plain,
    name: "encrypted-only",
    title: "encryption required by most, refused by some",
    payload,
    members: [
      { driver: "transmission", holding: "all", uplinkBytesPerSecond: 512 * KiB, contact: required },
      { driver: "transmission", holding: half, uplinkBytesPerSecond: 256 * KiB, contact: required },
      { driver: "qbittorrent", holding: half, uplinkBytesPerSecond: 512 * KiB, contact: required },
      { driver: "libtorrent", holding: "all", uplinkBytesPerSecond: 1 * MiB, contact: rc4 },
      { driver: "aria2", holding: half, uplinkBytesPerSecond: 384 * KiB, contact: rc4 },
      { driver: "rtorrent", holding: "all", uplinkBytesPerSecond: 256 * KiB, contact: rc4 },
      { driver: "deluge", holding: otherHalf, uplinkBytesPerSecond: 512 * KiB, contact: rc4 },
      { driver: "libtorrent", holding: half, uplinkBytesPerSecond: 256 * KiB, contact: off },
      { driver: "qbittorrent", holding: "all", uplinkBytesPerSecond: 512 * KiB, contact: off },
      { driver: "deluge", holding: "all", uplinkBytesPerSecond: 128 * KiB, contact: off },
    ],
  },
  {
    ...plain,
    name: "dual-homed",
    title: "every peer known by an IPv4 and an IPv6 address",
    payload,
    members: [
      ...ordinary,
      { driver: "transmission", holding: otherHalf, uplinkBytesPerSecond: 384 * KiB } as const,
      { driver: "aria2", holding: "all", uplinkBytesPerSecond: 192 * KiB } as const,
    ].map((member) => ({ ...member, dualHomed: true })),
    // Whoever draws a new peer id for each connection is two entries, which divide one line.
    ratesAreKnown: false,
    compared: false,
  },
  {
    ...plain,
    name: "behind-nat",
    title: "two households that nothing can reach, one of them dials us; one that can be reached",
    payload,
    members: [
      ...ordinary,
      ...(["libtorrent", "transmission"] as const).map((driver): MemberPlan => ({
        driver,
        holding: "all",
        uplinkBytesPerSecond: 512 * KiB,
        household: "north",
        unreachable: true,
      })),
      ...(["aria2", "qbittorrent"] as const).map((driver): MemberPlan => ({
        driver,
        holding: half,
        uplinkBytesPerSecond: 512 * KiB,
        household: "south",
        unreachable: true,
      })),
      ...(["transmission", "transmission"] as const).map((driver): MemberPlan => ({
        driver,
        holding: "all",
        uplinkBytesPerSecond: 512 * KiB,
        household: "east",
      })),
    ],
    // Who announces itself anew is told of us, and dials.
    events: [
      { kind: "restart", member: 6, atMs: 4_000 },
      { kind: "restart", member: 8, atMs: 8_000, kill: true },
    ],
    flags: ["--pace", "fast", "--port", "51999"],
    ratesAreKnown: false,
    compared: false,
  },
  {
    ...plain,
    name: "rechecks",
    title: "killed, files hashed anew, back with another peer id and, some, fewer pieces",
    payload,
    members: [
      ...ordinary,
      { driver: "transmission", holding: half, uplinkBytesPerSecond: 256 * KiB },
      { driver: "aria2", holding: "all", uplinkBytesPerSecond: 256 * KiB },
      { driver: "rtorrent", holding: { from: 0, to: 0.8 }, uplinkBytesPerSecond: 256 * KiB },
      { driver: "deluge", holding: "all", uplinkBytesPerSecond: 256 * KiB },
    ],
    events: [
      { kind: "restart", member: 0, atMs: 3_000, kill: true, holding: { from: 0, to: 0.7 } },
      { kind: "restart", member: 1, atMs: 5_000, kill: true, holding: half },
      { kind: "restart", member: 2, atMs: 7_000, kill: true },
      { kind: "restart", member: 4, atMs: 9_000, kill: true, holding: { from: 0.1, to: 1 } },
      { kind: "restart", member: 7, atMs: 6_000, kill: true, holding: { from: 0, to: 0.5 } },
      { kind: "restart", member: 8, atMs: 4_000, kill: true, holding: { from: 0, to: 0.3 } },
    ],
    ratesAreKnown: false,
    compared: false,
  },
  {
    ...plain,
    name: "odd-mix",
    title:
      "one of each oddity: encrypted only, super-seeding, partial, restarted, rechecked, 20 KiB/s, unreachable, dual-homed",
    payload: { sizeBytes: 6 * MiB + 12_345, pieceBytes: 64 * KiB },
    members: [
      { driver: "transmission", holding: "all", uplinkBytesPerSecond: 256 * KiB, contact: required },
      { driver: "libtorrent", holding: "all", uplinkBytesPerSecond: 256 * KiB, superSeeding: true },
      { driver: "libtorrent-partial", holding: { from: 0.2, to: 1 }, uplinkBytesPerSecond: 256 * KiB },
      { driver: "qbittorrent", holding: "all", uplinkBytesPerSecond: 256 * KiB },
      { driver: "rtorrent", holding: "all", uplinkBytesPerSecond: 128 * KiB },
      { driver: "aria2", holding: half, uplinkBytesPerSecond: 20 * KiB },
      {
        driver: "deluge",
        holding: otherHalf,
        uplinkBytesPerSecond: 128 * KiB,
        household: "west",
        unreachable: true,
      },
      { driver: "transmission", holding: half, uplinkBytesPerSecond: 128 * KiB, dualHomed: true },
    ],
    events: [
      { kind: "restart", member: 3, atMs: 3_000, kill: true },
      { kind: "restart", member: 4, atMs: 5_000, kill: true, holding: { from: 0, to: 0.5 } },
    ],
    ratesAreKnown: false,
    compared: false,
  },
]
