/** What honest swarms do that is easily taken for something else. */
import { KiB, MiB, plain, type MemberPlan, type TruthScenario } from "../scenario.ts"

const half = { every: 1, of: 2 } as const
const otherHalf = { every: 1, of: 2, offset: 1 } as const
const payload = { sizeBytes: 64 * MiB + 12_345, pieceBytes: 256 * KiB }
const atWork = { uplinkBytesPerSecond: 96 * KiB, sharing: true } as const

/** Ten that want nothing special. */
const ordinary: readonly MemberPlan[] = [
  { driver: "libtorrent", holding: "all", uplinkBytesPerSecond: 1 * MiB },
  { driver: "transmission", holding: "all", uplinkBytesPerSecond: 512 * KiB },
  { driver: "qbittorrent", holding: "all", uplinkBytesPerSecond: 512 * KiB },
  { driver: "deluge", holding: half, uplinkBytesPerSecond: 384 * KiB },
  { driver: "aria2", holding: "all", uplinkBytesPerSecond: 384 * KiB },
  { driver: "rtorrent", holding: "all", uplinkBytesPerSecond: 256 * KiB },
  { driver: "libtorrent", holding: otherHalf, uplinkBytesPerSecond: 256 * KiB },
  { driver: "aria2", holding: half, uplinkBytesPerSecond: 128 * KiB },
  { driver: "deluge", holding: "all", uplinkBytesPerSecond: 96 * KiB },
  { driver: "rtorrent", holding: otherHalf, uplinkBytesPerSecond: 64 * KiB },
]

export const manners: readonly TruthScenario[] = [
  {
    ...plain,
    name: "slots",
    title: "one upload slot each, and leechers at work",
    payload,
    members: [
      { ...atWork, driver: "libtorrent", holding: "all", uploadSlots: 1 },
      { ...atWork, driver: "transmission", holding: "all", uploadSlots: 1 },
      { ...atWork, driver: "qbittorrent", holding: "all", uploadSlots: 1 },
      { ...atWork, driver: "rtorrent", holding: half, uploadSlots: 1 },
      { ...atWork, driver: "deluge", holding: otherHalf, uploadSlots: 1 },
      { ...atWork, driver: "aria2", holding: { from: 0, to: 0.3 } },
      { ...atWork, driver: "transmission", holding: { from: 0.2, to: 0.5 } },
      { ...atWork, driver: "libtorrent", holding: { from: 0, to: 0.1 } },
      { ...atWork, driver: "qbittorrent", holding: "none" },
    ],
    ratesAreKnown: false,
    // Nobody unchokes for long: patience shows no more.
    flags: ["--pace", "fast", "--timeout", "45s"],
    compared: false,
  },
  {
    ...plain,
    name: "very-slow",
    title: "everybody at 20 KiB/s",
    payload: { sizeBytes: 6 * MiB + 12_345, pieceBytes: 64 * KiB },
    members: (["transmission", "aria2", "qbittorrent", "libtorrent", "rtorrent", "deluge"] as const)
      .flatMap((driver) => [
        { driver, holding: "all", uplinkBytesPerSecond: 20 * KiB } as const,
        { driver, holding: half, uplinkBytesPerSecond: 20 * KiB } as const,
      ])
      .slice(0, 11),
  },
  {
    ...plain,
    name: "super-seeders",
    title: "four super-seeders among others",
    payload,
    members: [
      { driver: "libtorrent", holding: "all", uplinkBytesPerSecond: 512 * KiB, superSeeding: true },
      { driver: "qbittorrent", holding: "all", uplinkBytesPerSecond: 256 * KiB, superSeeding: true },
      { driver: "deluge", holding: "all", uplinkBytesPerSecond: 256 * KiB, superSeeding: true },
      { driver: "rtorrent", holding: "all", uplinkBytesPerSecond: 256 * KiB, superSeeding: true },
      { driver: "transmission", holding: "all", uplinkBytesPerSecond: 1 * MiB },
      { driver: "aria2", holding: "all", uplinkBytesPerSecond: 512 * KiB },
      { driver: "libtorrent", holding: half, uplinkBytesPerSecond: 256 * KiB },
      { driver: "transmission", holding: half, uplinkBytesPerSecond: 128 * KiB },
    ],
  },
  {
    ...plain,
    name: "partial-seeds",
    title: "partial seeds, who want no more",
    payload,
    members: [
      {
        driver: "libtorrent-partial",
        holding: { from: 0.25, to: 1 },
        uplinkBytesPerSecond: 1 * MiB,
      },
      { driver: "libtorrent-partial", holding: half, uplinkBytesPerSecond: 512 * KiB },
      { driver: "libtorrent-partial", holding: { from: 0, to: 0.6 }, uplinkBytesPerSecond: 256 * KiB },
      { driver: "libtorrent-partial", holding: { from: 0, to: 0.1 }, uplinkBytesPerSecond: 128 * KiB },
      { driver: "transmission", holding: "all", uplinkBytesPerSecond: 1 * MiB },
      { driver: "qbittorrent", holding: "all", uplinkBytesPerSecond: 512 * KiB },
      { driver: "aria2", holding: "all", uplinkBytesPerSecond: 512 * KiB },
      { driver: "rtorrent", holding: half, uplinkBytesPerSecond: 256 * KiB },
      { driver: "deluge", holding: "all", uplinkBytesPerSecond: 192 * KiB },
    ],
    fullCopyWith: "qbittorrent",
  },
  {
    ...plain,
    name: "restarts",
    title: "four that are restarted meanwhile, two of them without a goodbye",
    payload,
    members: ordinary,
    events: [
      { kind: "restart", member: 0, atMs: 3_000 },
      { kind: "restart", member: 4, atMs: 6_000, kill: true },
      { kind: "restart", member: 1, atMs: 9_000, kill: true },
      { kind: "restart", member: 5, atMs: 12_000 },
    ],
    fullCopyWith: "aria2",
  },
  {
    ...plain,
    name: "households",
    title: "two households, two clients on one address and uplink each",
    payload,
    members: [
      { driver: "libtorrent", holding: "all", uplinkBytesPerSecond: 1 * MiB, household: "north" },
      { driver: "transmission", holding: "all", uplinkBytesPerSecond: 1 * MiB, household: "north" },
      { driver: "qbittorrent", holding: "all", uplinkBytesPerSecond: 512 * KiB, household: "south" },
      { driver: "aria2", holding: half, uplinkBytesPerSecond: 512 * KiB, household: "south" },
      { driver: "deluge", holding: "all", uplinkBytesPerSecond: 512 * KiB },
      { driver: "rtorrent", holding: "all", uplinkBytesPerSecond: 384 * KiB },
      { driver: "aria2", holding: "all", uplinkBytesPerSecond: 256 * KiB },
      { driver: "libtorrent", holding: half, uplinkBytesPerSecond: 128 * KiB },
      { driver: "transmission", holding: otherHalf, uplinkBytesPerSecond: 64 * KiB },
    ],
    fullCopyWith: "libtorrent",
  },
  {
    ...plain,
    name: "narrow",
    title: "our own downlink carries 1.5 MiB/s, theirs together 4",
    payload: { sizeBytes: 24 * MiB + 12_345, pieceBytes: 256 * KiB },
    members: ordinary,
    downlinkBytesPerSecond: 1.5 * MiB,
    fullCopyWith: "transmission",
  },
  {
    ...plain,
    name: "parts",
    title: "no seeder: several that hold parts",
    payload,
    members: [
      { driver: "libtorrent", holding: { from: 0, to: 0.4 }, uplinkBytesPerSecond: 1 * MiB },
      { driver: "transmission", holding: { from: 0.3, to: 0.7 }, uplinkBytesPerSecond: 1 * MiB },
      { driver: "qbittorrent", holding: { from: 0.6, to: 1 }, uplinkBytesPerSecond: 1 * MiB },
      { driver: "aria2", holding: half, uplinkBytesPerSecond: 512 * KiB },
      { driver: "rtorrent", holding: otherHalf, uplinkBytesPerSecond: 512 * KiB },
      { driver: "deluge", holding: { every: 1, of: 3 }, uplinkBytesPerSecond: 256 * KiB },
      { driver: "libtorrent", holding: { every: 2, of: 3 }, uplinkBytesPerSecond: 128 * KiB },
      { driver: "transmission", holding: { every: 1, of: 5 }, uplinkBytesPerSecond: 256 * KiB },
      { driver: "qbittorrent", holding: { from: 0.9, to: 1 }, uplinkBytesPerSecond: 64 * KiB },
    ],
    fullCopyWith: "qbittorrent",
  },
  {
    ...plain,
    name: "inflated",
    title: "a tracker that claims tenfold",
    payload,
    members: ordinary,
    tracker: { kind: "library", factor: 10 },
    fullCopyWith: "aria2",
  },
]
