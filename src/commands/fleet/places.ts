/** Where a fleet is kept. */
import { existsSync } from "node:fs"
import { isPostgres, sqliteFileIn } from "../../store/database.ts"
import { openFleet, type Fleet } from "../../store/fleet.ts"
import { stateDirectory } from "../../store/state.ts"
import type { Context } from "../context.ts"
import { storeOf } from "../request.ts"

type From = Pick<Context, "environment" | "flags">

/** The database of `--store`; otherwise a file here, for one worker. */
export const fleetPlace = ({ environment, flags }: From): string =>
  storeOf(flags) ?? stateDirectory(environment)

/** False: neither a database was named, nor is there a file. */
export const isBegun = (context: From): boolean => {
  const place = fleetPlace(context)
  return isPostgres(place) || existsSync(sqliteFileIn(place))
}

export async function withFleet<T>(
  context: From,
  use: (fleet: Fleet) => Promise<T>,
  options: { connections?: number } = {},
): Promise<T> {
  const fleet = await openFleet(fleetPlace(context), options)
  try {
    return await use(fleet)
  } finally {
    await fleet.close()
  }
}
