import { InputError } from "../failure.ts"
import type { Command } from "./context.ts"

export const completion: Command = async () => {
  throw new InputError("usage", "completion is not there yet", "See `torrent-audit help`.")
}
