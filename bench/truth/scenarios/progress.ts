/** Leechers at work: how fast do they download? Each has a line of its own; what really came through it, the kernel counts. */
import type { ProgressPlan } from "../progress/plan.ts"
import { KiB, MiB } from "../scenario.ts"

const plain = {
  short: false,
  seeders: ["libtorrent", "libtorrent"],
  sharing: false,
  headStartMs: 8_000,
  flags: ["--pace", "fast"],
} as const satisfies Partial<ProgressPlan>

export const progress: readonly ProgressPlan[] = [
  {
    ...plain,
    name: "leechers-few",
    title: "five leechers, watched for a few seconds",
    short: true,
    payload: { sizeBytes: 96 * MiB + 12_345, pieceBytes: 64 * KiB },
    leechers: [
      { driver: "libtorrent", downlinkBytesPerSecond: 1 * MiB },
      { driver: "qbittorrent", downlinkBytesPerSecond: 768 * KiB },
      { driver: "transmission", downlinkBytesPerSecond: 512 * KiB },
      { driver: "deluge", downlinkBytesPerSecond: 384 * KiB },
      { driver: "aria2", downlinkBytesPerSecond: 256 * KiB },
    ],
    headStartMs: 4_000,
    flags: ["--pace", "fast", "--timeout", "22s"],
  },
  {
    ...plain,
    name: "leechers-slow",
    title: "leechers from 64 to 384 KiB/s, pieces of 64 KiB",
    payload: { sizeBytes: 64 * MiB + 12_345, pieceBytes: 64 * KiB },
    leechers: [
      { driver: "libtorrent", downlinkBytesPerSecond: 64 * KiB },
      { driver: "transmission", downlinkBytesPerSecond: 64 * KiB },
      { driver: "aria2", downlinkBytesPerSecond: 64 * KiB },
      { driver: "qbittorrent", downlinkBytesPerSecond: 96 * KiB },
      { driver: "deluge", downlinkBytesPerSecond: 96 * KiB },
      { driver: "transmission", downlinkBytesPerSecond: 128 * KiB },
      { driver: "libtorrent", downlinkBytesPerSecond: 192 * KiB },
      { driver: "aria2", downlinkBytesPerSecond: 192 * KiB },
      { driver: "rtorrent", downlinkBytesPerSecond: 192 * KiB },
      { driver: "qbittorrent", downlinkBytesPerSecond: 256 * KiB },
      { driver: "deluge", downlinkBytesPerSecond: 384 * KiB },
      { driver: "transmission", downlinkBytesPerSecond: 384 * KiB },
    ],
  },
  {
    ...plain,
    name: "leechers-fast",
    title: "leechers from 512 KiB/s to 2 MiB/s, pieces of 256 KiB",
    payload: { sizeBytes: 224 * MiB + 12_345, pieceBytes: 256 * KiB },
    leechers: [
      { driver: "libtorrent", downlinkBytesPerSecond: 2 * MiB },
      { driver: "aria2", downlinkBytesPerSecond: 2 * MiB },
      { driver: "transmission", downlinkBytesPerSecond: 1.5 * MiB },
      { driver: "qbittorrent", downlinkBytesPerSecond: 1.5 * MiB },
      { driver: "deluge", downlinkBytesPerSecond: 1 * MiB },
      { driver: "libtorrent", downlinkBytesPerSecond: 1 * MiB },
      { driver: "rtorrent", downlinkBytesPerSecond: 1 * MiB },
      { driver: "transmission", downlinkBytesPerSecond: 768 * KiB },
      { driver: "aria2", downlinkBytesPerSecond: 768 * KiB },
      { driver: "qbittorrent", downlinkBytesPerSecond: 512 * KiB },
      { driver: "deluge", downlinkBytesPerSecond: 512 * KiB },
      { driver: "aria2", downlinkBytesPerSecond: 512 * KiB },
    ],
  },
  {
    ...plain,
    name: "leechers-sharing",
    title: "leechers that share with each other, pieces of 128 KiB",
    payload: { sizeBytes: 96 * MiB + 12_345, pieceBytes: 128 * KiB },
    seeders: ["libtorrent"],
    sharing: true,
    leechers: [
      { driver: "transmission", downlinkBytesPerSecond: 1 * MiB },
      { driver: "libtorrent", downlinkBytesPerSecond: 768 * KiB },
      { driver: "qbittorrent", downlinkBytesPerSecond: 512 * KiB },
      { driver: "deluge", downlinkBytesPerSecond: 384 * KiB },
      { driver: "aria2", downlinkBytesPerSecond: 256 * KiB },
      { driver: "transmission", downlinkBytesPerSecond: 192 * KiB },
      { driver: "libtorrent", downlinkBytesPerSecond: 128 * KiB },
    ],
  },
]
