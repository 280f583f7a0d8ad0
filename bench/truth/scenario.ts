/** What a scenario says, as data: who is there, how fast, who lies, and what is done to them. One entry each, in scenarios/. */
import type { TrackerLie } from "../../src/demo/tracker-lies.ts"
import type { Contact } from "../../test/clients/client.ts"
import type { Lie } from "../../test/clients/trackers/logging.ts"
import type { AuditId, RoleName } from "./roles.ts"
import type { WebSeedKind } from "./web-seeds.ts"

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
  /** Behind a NAT that passes nothing on to it: it can only dial. Needs a `household`. */
  readonly unreachable?: boolean
  /** How it speaks to peers; as it comes unless given. */
  readonly contact?: Contact
  /** What it makes its tracker believe, and the audit that must name it; on the wire it is as honest as the others. */
  readonly misreports?: { readonly lie: Lie; readonly audit: AuditId }
  /** The auditor is told of its IPv6 address; the tracker names the other one. */
  readonly dualHomed?: boolean
}

export interface CastPlan {
  readonly role: RoleName
  /** null: as fast as it can. */
  readonly bytesPerSecond: number | null
  /** Each at an address of its own, all in one process; 1 unless given. */
  readonly count?: number
  /** Those with the same one have one peer id. */
  readonly secret?: string
}

export interface RestartEvent {
  readonly kind: "restart"
  /** Index in `members`. */
  readonly member: number
  /** From the audit's start. */
  readonly atMs: number
  /** Without a goodbye to anybody. */
  readonly kill?: boolean
  /** What it finds on its disk when it hashes it anew, which is before it listens again; what it held unless given. */
  readonly holding?: HoldingPlan
}

export interface TruthScenario {
  readonly name: string
  readonly title: string
  /** Also in the form that CI runs. */
  readonly short: boolean
  readonly payload: { readonly sizeBytes: number; readonly pieceBytes: number; readonly private?: boolean }
  readonly members: readonly MemberPlan[]
  readonly cast: readonly CastPlan[]
  /** `factor`: what its counts are multiplied by; 1 is honest. */
  readonly tracker: {
    readonly kind: "opentracker" | "library"
    readonly factor: number
    /** Told by a `library` tracker, whose `factor` is then 1. */
    readonly lie?: TrackerLie
    /** Of a `library` tracker; half an hour, and no minimum, unless given. */
    readonly intervalMs?: number
    readonly minIntervalMs?: number
  }
  /** Others that the auditor's torrent names, with the lie of each: the cast announces itself to all, the members don't. */
  readonly otherTrackers?: readonly TrackerPlan[]
  /** The tracker keeps a log of what it is told, asks to be told so often, and the auditor reads that log. */
  readonly announceLog?: { readonly intervalMs: number }
  readonly webSeeds?: readonly WebSeedKind[]
  /** Whether PEX is asked for, too. */
  readonly pex?: boolean
  readonly flags: readonly string[]
  /** Audited so often, one run's start `every` after the other's: the last one is judged. Once unless given. */
  readonly rounds?: { readonly every: string; readonly rounds: number }
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

export type TrackerPlan = TruthScenario["tracker"]

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
