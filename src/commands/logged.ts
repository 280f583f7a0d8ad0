/** Audits with `--only-changes` are those that nobody watches: a line of each stays, whatever it printed. */
import { InputError } from "../failure.ts"
import { logRun } from "../store/run-log.ts"
import { stateDirectory } from "../store/state.ts"
import type { Command } from "./context.ts"
import { idOfWords } from "./schedule/identity.ts"
import { nameOf } from "./target.ts"

export const logged =
  (command: Command): Command =>
  async (context) => {
    const started = new Date()
    const log = (exit: number | null, error: string | null) =>
      logRun(stateDirectory(context.environment), {
        at: started.toISOString(),
        ms: Date.now() - started.getTime(),
        exit,
        error,
        id: idOfWords(context.targets),
        targets: context.targets.map(nameOf),
      })
    try {
      const exit = await command(context)
      log(exit, null)
      return exit
    } catch (error) {
      log(null, error instanceof InputError ? error.code : "internal")
      throw error
    }
  }
