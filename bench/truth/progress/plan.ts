/** What a scenario of leechers at work says, as data: who downloads, how fast its line lets it, and in pieces of what length. */
import type { DriverName } from "../scenario.ts"

export interface ProgressPlan {
  readonly name: string
  readonly title: string
  /** Also in the form that CI runs. */
  readonly short: boolean
  readonly payload: { readonly sizeBytes: number; readonly pieceBytes: number }
  /** They hold all, and nothing shapes their lines. */
  readonly seeders: readonly DriverName[]
  readonly leechers: readonly LeecherPlan[]
  /** Whether leechers reach each other, too. */
  readonly sharing: boolean
  /** From the start of the downloads to that of the audit. */
  readonly headStartMs: number
  readonly flags: readonly string[]
}

export interface LeecherPlan {
  readonly driver: DriverName
  /** Piece data per second. */
  readonly downlinkBytesPerSecond: number
}
