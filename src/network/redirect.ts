/** HTTP redirects. `Network.http` follows none: who asked for the place says whether the next one may be asked, too. */
import type { HttpHead } from "../network.ts"

const statuses = new Set([301, 302, 303, 307, 308])

export const isRedirect = ({ status }: Pick<HttpHead, "status">): boolean => statuses.has(status)

/** Without a fragment; null: it names no place. */
export function redirectTarget({ headers }: Pick<HttpHead, "headers">, from: URL): URL | null {
  const location = headers["location"]
  const to = location === undefined ? null : URL.parse(location, from.href)
  if (to) to.hash = ""
  return to
}
