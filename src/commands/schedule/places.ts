/** Where schedules can stand: the user's crontab, and systemd's units. */
import { userInfo } from "node:os"
import { InputError } from "../../failure.ts"
import { userCrontab, type Crontab } from "../../store/crontab.ts"
import type { Scheduled } from "../../store/scheduled.ts"
import { stateDirectory } from "../../store/state.ts"
import { scheduledUnits, unitPlace, type UnitPlace } from "../../store/systemd.ts"
import type { Context } from "../context.ts"

export interface Places {
  crontab: Crontab
  units: UnitPlace
}

export const placesOf = ({ environment }: Pick<Context, "environment">): Places => ({
  crontab: userCrontab(environment, stateDirectory(environment)),
  units: unitPlace(environment, userInfo().uid),
})

export type On = Scheduled["on"]

/** Null: `--on` was not given. */
export function onOf(flags: Context["flags"]): On | null {
  const text = flags.on === undefined || flags.on === true ? null : (flags.on.at(-1) ?? null)
  if (text === null || text === "cron" || text === "systemd") return text
  throw new InputError("bad-value", `--on ${text}: unknown choice`, "Use cron or systemd.")
}

/** A machine without cron has no crontab to list. */
export async function allScheduled({ crontab, units }: Places, on: On | null): Promise<Scheduled[]> {
  const inCrontab =
    on === "systemd"
      ? []
      : await crontab.scheduled().catch((error: unknown) => {
          if (on === null && error instanceof InputError && error.code === "no-cron") return []
          throw error
        })
  return [...inCrontab, ...(on === "cron" ? [] : scheduledUnits(units))]
}
