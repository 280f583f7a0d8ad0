import { InputError } from "../failure.ts"
import type { Command } from "./context.ts"

export const diff: Command = async () => {
  throw new InputError("usage", "diff is not there yet", "See `torrent-audit help`.")
}
