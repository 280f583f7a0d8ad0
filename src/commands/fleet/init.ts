/** `fleet init`: makes the tables, or brings them up to date; what is there stays. */
import { InputError } from "../../failure.ts"
import { plural } from "../../render/units.ts"
import { isPostgres } from "../../store/database.ts"
import { refuseTargets, type Command } from "../context.ts"
import { storeOf } from "../request.ts"

const roleName = /^[^\0"]{1,63}$/

export const init: Command = async (context) => {
  const { flags, terminal } = context
  refuseTargets(context, "fleet init")
  const url = storeOf(flags)
  const role = typeof flags.role === "object" ? (flags.role.at(-1) ?? null) : null
  if (role !== null && !roleName.test(role))
    throw new InputError("bad-value", "--role: not the name of a role", "Use one that `create role` made.")
  if (url === null || !isPostgres(url))
    throw new InputError(
      "usage",
      "fleet init needs --store postgres://…",
      "Without a database of its own a fleet needs no init: fleet add begins it.",
    )
  if (flags["dry-run"] === true) {
    if (role === null)
      throw new InputError("usage", "--dry-run changes nothing without --role", "Add --role ROLE.")
    const { rightsOf } = await import("../../store/database/postgres-rights.ts")
    terminal.out(`${rightsOf(role).join(";\n")};\n`)
    return 0
  }
  const { initPostgres } = await import("../../store/database/postgres-init.ts")
  const { database, from, to } = await initPostgres(url, role)
  const did =
    from === to
      ? `are up to date`
      : from === 0
        ? `were made`
        : `were brought up to date (${plural(to - from, "step")})`
  terminal.out(`The tables of torrent-audit in ${database} ${did}.\n`)
  if (role !== null) terminal.out(`${role} may run workers, and make, alter or drop no table.\n`)
  return 0
}
