/** What scenarios of many liars have in common: who is honest there, and how many of a role. */
import type { RoleName } from "../roles.ts"
import { KiB, MiB, type CastPlan, type MemberPlan } from "../scenario.ts"

export const half = { every: 1, of: 2 } as const

/** So many of a role, each in a namespace of its own. */
export const times = (
  count: number,
  role: RoleName,
  bytesPerSecond: number | null = 512 * KiB,
  more: Partial<CastPlan> = {},
): CastPlan[] => Array.from({ length: count }, () => ({ role, bytesPerSecond, ...more }))

export const honest: readonly MemberPlan[] = [
  { driver: "libtorrent", holding: "all", uplinkBytesPerSecond: 512 * KiB },
  { driver: "transmission", holding: "all", uplinkBytesPerSecond: 512 * KiB },
  { driver: "qbittorrent", holding: half, uplinkBytesPerSecond: 256 * KiB },
  { driver: "aria2", holding: "all", uplinkBytesPerSecond: 256 * KiB },
  { driver: "rtorrent", holding: "all", uplinkBytesPerSecond: 256 * KiB },
  { driver: "deluge", holding: half, uplinkBytesPerSecond: 256 * KiB },
]

export const small = { sizeBytes: 12 * MiB + 12_345, pieceBytes: 64 * KiB }

/** To convict whoever stays silent takes two minutes. */
export const patient = ["--pace", "fast", "--timeout", "150s"]
