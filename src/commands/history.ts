import { InputError } from "../failure.ts"
import type { Command } from "./context.ts"

export const history: Command = async () => {
  throw new InputError("usage", "history is not there yet", "See `torrent-audit help`.")
}
