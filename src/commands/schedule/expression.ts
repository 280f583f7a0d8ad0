/** `--every TIME|CRON` as five fields. */
import { InputError } from "../../failure.ts"
import { cronEvery, nearestSayable } from "../../store/cron-every.ts"
import { parseCronExpression, type CronExpression } from "../../store/cron-expression.ts"
import { specOf } from "../options.ts"
import { parseDuration } from "../values.ts"
import { isDuration } from "../watch/options.ts"
import { spreadOf } from "./identity.ts"

/** A duration is spread by the id; five fields stay as they are. */
export function expressionOf(text: string, id: string): CronExpression {
  const spec = specOf("every")
  if (!isDuration(text) || spec === undefined) return parseCronExpression(text)
  const everyMs = parseDuration(spec, text)
  const found = cronEvery(everyMs, spreadOf(id))
  if (found !== null) return parseCronExpression(found)
  throw new InputError(
    "bad-value",
    `--every ${text}: neither cron nor a timer can say it evenly`,
    `Use ${nearestSayable(everyMs).join(" or ")}, or five fields: "17 */6 * * *".`,
  )
}
