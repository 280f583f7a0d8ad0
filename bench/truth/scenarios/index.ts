/** In the order they are played. */
import type { TruthScenario } from "../scenario.ts"
import { lies } from "./lies.ts"
import { manners } from "./manners.ts"
import { rates } from "./rates.ts"

export const scenarios: readonly TruthScenario[] = [...rates, ...manners, ...lies]
