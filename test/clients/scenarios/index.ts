/** In the order they run: first the lab itself, then what it is for. */
import type { Scenario } from "../scenario.ts"
import { busy } from "./busy.ts"
import { crowded } from "./crowded.ts"
import { downloads } from "./downloads.ts"
import { drivers } from "./drivers.ts"
import { hidden } from "./hidden.ts"
import { honest } from "./honest.ts"
import { household } from "./household.ts"
import { inflated } from "./inflated.ts"
import { ipv6 } from "./ipv6.ts"
import { restarts } from "./restarts.ts"
import { shaping } from "./shaping.ts"
import { superseeding } from "./superseeding.ts"

export const scenarios: readonly Scenario[] = [
  shaping,
  drivers,
  household,
  restarts,
  superseeding,
  downloads,
  honest,
  inflated,
  crowded,
  ipv6,
  hidden,
  busy,
]
