/** In the order they are played. */
import type { TruthScenario } from "../scenario.ts"
import { lies } from "./lies.ts"
import { manners } from "./manners.ts"
import { odd } from "./odd.ts"
import { plantings } from "./plantings.ts"
import { plantingsOverTime } from "./plantings-over-time.ts"
import { rates } from "./rates.ts"

export const scenarios: readonly TruthScenario[] = [
  ...rates,
  ...manners,
  ...odd,
  ...lies,
  ...plantings,
  ...plantingsOverTime,
]
