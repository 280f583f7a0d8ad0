/** In the order they run: first the lab itself, then what it is for. */
import type { Scenario } from "../scenario.ts"
import { busy } from "./busy.ts"
import { crowded } from "./crowded.ts"
import { drivers } from "./drivers.ts"
import { hidden } from "./hidden.ts"
import { honest } from "./honest.ts"
import { inflated } from "./inflated.ts"
import { ipv6 } from "./ipv6.ts"
import { shaping } from "./shaping.ts"

export const scenarios: readonly Scenario[] = [
  shaping,
  drivers,
  honest,
  inflated,
  crowded,
  ipv6,
  hidden,
  busy,
]
