/** Where things are kept between runs: XDG base directories. */
import { homedir } from "node:os"
import { isAbsolute, join } from "node:path"

export const stateDirectory = (environment: NodeJS.ProcessEnv = process.env): string =>
  xdgDirectory(environment["XDG_STATE_HOME"], join(".local", "state"))

export const cacheDirectory = (environment: NodeJS.ProcessEnv = process.env): string =>
  xdgDirectory(environment["XDG_CACHE_HOME"], ".cache")

/** As a user whom the system doesn't know, without HOME: `/`, where containers put such a one. */
export function homeDirectory(): string {
  try {
    return homedir()
  } catch {
    return "/"
  }
}

const xdgDirectory = (given: string | undefined, otherwise: string): string =>
  join(given && isAbsolute(given) ? given : join(homeDirectory(), otherwise), "torrent-audit")
