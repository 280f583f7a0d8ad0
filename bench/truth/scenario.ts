/** What a scenario says, as data: who is there, how fast, who lies, and what is done to them. One entry each, in scenarios/. */
import type { RoleName } from "./roles.ts"

export type DriverName =
  | "transmission"
  | "aria2"
  | "qbittorrent"
  | "libtorrent"
  | "libtorrent-partial"
  | "rtorrent"
  | "deluge"

/** `every` pieces out of `of`, in each run of `of`; or the pieces between two shares (0–1) of the payload. */
export type HoldingPlan =
  | "all"
  | "none"
  | { readonly every: number; readonly of: number; readonly offset?: number }
  | { readonly from: number; readonly to: number }

export interface MemberPlan {
  readonly driver: DriverName
  readonly holding: HoldingPlan
  /** Piece data per second; null: unshaped, and its rate isn't judged. */
  readonly uplinkBytesPerSecond: number | null
  readonly uploadSlots?: number
  readonly superSeeding?: boolean
  /** Members of one household share one public address and the first one's uplink. */
  readonly household?: string
  /** Talks to other members that do, too; else to the tracker and the auditor only. */
  readonly sharing?: boolean
}

export interface CastPlan {
  readonly role: RoleName
  /** null: as fast as it can. */
  readonly bytesPerSecond: number | null
}

export interface RestartEvent {
  readonly kind: "restart"
  /** Index in `members`. */
  readonly member: number
  /** From the audit's start. */
  readonly atMs: number
  /** Without a goodbye to anybody. */
  readonly kill?: boolean
}

export interface TruthScenario {
  readonly name: string
  readonly title: string
  /** Also in the form that CI runs. */
  readonly short: boolean
  readonly payload: { readonly sizeBytes: number; readonly pieceBytes: number }
  readonly members: readonly MemberPlan[]
  readonly cast: readonly CastPlan[]
  /** `factor`: what its counts are multiplied by; 1 is honest. */
  readonly tracker: { readonly kind: "opentracker" | "library"; readonly factor: number }
  readonly flags: readonly string[]
  /** Whether plain libtorrent has a look as well, which takes as long as the audit. */
  readonly compared: boolean
  /**
   * Whether what a member's line carries is what it can grant us: not when it has other work, or shares its line. Such rates are
   * shown, and not held against a bound.
   */
  readonly ratesAreKnown: boolean
  /** The real client that then downloads everything, timed; null: none. */
  readonly fullCopyWith: DriverName | null
  /** The auditor's own downlink; null: unshaped. */
  readonly downlinkBytesPerSecond: number | null
  readonly events: readonly RestartEvent[]
}

export const KiB = 1024
export const MiB = 1024 * KiB

/** What most scenarios have in common. */
export const plain = {
  short: false,
  cast: [],
  tracker: { kind: "opentracker", factor: 1 },
  flags: ["--pace", "fast"],
  compared: true,
  ratesAreKnown: true,
  fullCopyWith: null,
  downlinkBytesPerSecond: null,
  events: [],
} as const satisfies Partial<TruthScenario>

export function holdingOf(plan: HoldingPlan, pieceCount: number): "all" | number[] {
  if (plan === "all") return "all"
  const pieces = Array.from({ length: plan === "none" ? 0 : pieceCount }, (_, piece) => piece)
  return pieces.filter((piece) => holds(plan, piece, pieceCount))
}

function holds(plan: HoldingPlan, piece: number, pieceCount: number): boolean {
  if (typeof plan === "string") return plan === "all"
  if ("every" in plan) return (piece + (plan.offset ?? 0)) % plan.of < plan.every
  return piece >= Math.floor(plan.from * pieceCount) && piece < Math.floor(plan.to * pieceCount)
}
