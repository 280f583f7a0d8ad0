import { InputError } from "../failure.ts"
import type { Command } from "./context.ts"

export const schedule: Command = async () => {
  throw new InputError("usage", "schedule is not there yet", "See `torrent-audit help`.")
}
