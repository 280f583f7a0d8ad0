/** What one of several audits has of the budgets that all of them share. */
import type { Lane } from "../../wire/throttle.ts"
import type { Pacer } from "../pacer.ts"
import type { PerVictim } from "../per-victim.ts"
import type { Share } from "./ledger.ts"
import type { MeasuringTurn } from "./measuring.ts"
import type { Silences } from "./silences.ts"

export interface SharedBudgets {
  readonly places: Share["places"]
  readonly dials: Pacer
  /** When the next handshake on a random info hash is due, on the network's clock. */
  readonly echoes: { dueMs: number }
  /** Payload per second. */
  readonly payload: Lane
  readonly turn: MeasuringTurn
  readonly silences: Silences
  /** Endpoints of one host or network that strangers name. */
  readonly perVictim: PerVictim
}
