/** `torrent-audit schedule …` in this process, which a start of the program for each case would make slow. */
import { terminalOf } from "../../src/commands/context.ts"
import { parse } from "../../src/commands/parse.ts"
import { schedule } from "../../src/commands/schedule.ts"
import { commandNames } from "../../src/commands/target.ts"

/** What it printed. Throws InputError. */
export async function runSchedule(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<string> {
  const { targets, flags } = await parse(["schedule", ...words], commandNames)
  let out = ""
  await schedule({
    targets,
    flags,
    said: { flags },
    terminal: { ...terminalOf({}, {}), out: (text) => (out += String(text)), err: () => {} },
    environment,
    stdin: null,
    stop: new AbortController().signal,
  })
  return out
}
