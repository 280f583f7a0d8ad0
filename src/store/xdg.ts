/** Where things are kept between runs: XDG base directories. */
import { homedir } from "node:os"
import { isAbsolute, join } from "node:path"

export const stateDirectory = (environment: NodeJS.ProcessEnv = process.env): string =>
  xdgDirectory(environment["XDG_STATE_HOME"], join(".local", "state"))

export const cacheDirectory = (environment: NodeJS.ProcessEnv = process.env): string =>
  xdgDirectory(environment["XDG_CACHE_HOME"], ".cache")

const xdgDirectory = (given: string | undefined, otherwise: string): string =>
  join(given && isAbsolute(given) ? given : join(homedir(), otherwise), "torrent-audit")
