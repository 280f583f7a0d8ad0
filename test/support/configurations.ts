/** A configuration of every layer, in a folder of its own, for one command line. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { configured, type Configured } from "../../src/commands/config.ts"
import { parse } from "../../src/commands/parse.ts"
import { commandNames } from "../../src/commands/target.ts"

export interface Given {
  line?: string
  environment?: NodeJS.ProcessEnv
  /** Contents of --config, of the user's own file and of the machine's: text, or what becomes JSON. */
  named?: unknown
  user?: unknown
  system?: unknown
}

const json = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value))

/** `end` removes the folder. */
export function configurations(): {
  folder: string
  configure: (given: Given) => Promise<Configured>
  end: () => void
} {
  const folder = mkdtempSync(join(tmpdir(), "torrent-audit-config-"))
  mkdirSync(join(folder, "torrent-audit"))
  const system = join(folder, "etc.json")
  return {
    folder,
    async configure({ line = "x", environment = {}, ...files }) {
      const named = join(folder, "named.json")
      for (const [path, content] of [
        [named, files.named],
        [join(folder, "torrent-audit", "config.json"), files.user],
        [system, files.system],
      ] as const) {
        if (content === undefined) rmSync(path, { force: true })
        else writeFileSync(path, json(content))
      }
      const words = [...line.split(" "), ...(files.named === undefined ? [] : ["--config", named])]
      return configured(await parse(words, commandNames), { XDG_CONFIG_HOME: folder, ...environment }, system)
    },
    end: () => rmSync(folder, { recursive: true }),
  }
}
