/** One hostile behaviour, played against the built program as a process of its own. */
import type { Snapshot } from "../../src/report.ts"

/** Who misbehaves, or where the bytes come from. */
export type Stranger =
  | "metainfo"
  | "http-tracker"
  | "udp-tracker"
  | "ws-tracker"
  | "dht"
  | "lsd"
  | "peer"
  | "utp-peer"
  | "encrypted-peer"
  | "metadata"
  | "pex"
  | "web-seed"
  | "proxy"
  | "file"
  | "name"

export interface Stage {
  /** A folder of the case's own, removed after it. */
  readonly folder: string
  /** Undone in reverse order when the case is over, whatever happened. */
  defer(undo: () => unknown): void
}

/** What is run, and what of it must be true. */
export interface Staged {
  /** Of torrent-audit. The runner adds nothing: say `--allow-local`, `--no-dht`, `--pace lab`, `--timeout` yourself. */
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: Uint8Array
  /** The process must be over by then, ms: the run's own `--timeout` and what a start takes. */
  readonly withinMs: number
  /** Throws an Error that says what is wrong; returns what happened, one short sentence for the table. */
  check(outcome: Outcome): string | Promise<string>
}

export interface Outcome {
  /** null: killed by a signal, or by the runner when `withinMs` had passed. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  /** Standard output as a snapshot, where `--json` was said; else null. */
  readonly snapshot: Snapshot | null
  readonly wallMs: number
  readonly peakRssBytes: number
}

export interface HostileCase {
  /** kebab-case, of one stranger. */
  readonly id: string
  readonly stranger: Stranger
  /** What it does: a few words for the table, «sends HAVE for ever». */
  readonly does: string
  /** What bounds it, as `limits.ts` names it (`peer.maxMessageBytes`), or the rule («address rules»). */
  readonly bound: string
  /** An honest run of the same shape, for the memory; absent: the honest run of one seed. */
  readonly honest?: (stage: Stage) => Promise<Staged>
  stage(stage: Stage): Promise<Staged>
}
