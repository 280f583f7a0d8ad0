/** `torrent-audit completion bash|zsh`: the script that a shell completes our command line with. */
import { InputError } from "../failure.ts"
import type { Command } from "./context.ts"

const shells: Record<string, () => Promise<string>> = {
  bash: async () => (await import("./completion/bash.ts")).bashScript(),
  zsh: async () => (await import("./completion/zsh.ts")).zshScript(),
}

export const completion: Command = async ({ terminal, targets }) => {
  const [shell, ...more] = targets
  const script = shell !== undefined && Object.hasOwn(shells, shell) ? shells[shell] : undefined
  if (script === undefined || more.length > 0)
    throw new InputError(
      "usage",
      shell === undefined ? "completion takes a shell" : `no completion for ${targets.join(" ")}`,
      "torrent-audit completion bash, or zsh",
    )
  terminal.out(await script())
  return 0
}
