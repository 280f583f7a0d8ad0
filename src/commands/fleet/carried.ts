/** Options that belong to a target of a fleet, whoever audits it. All others say how one machine looks. */
import type { Flags } from "../context.ts"
import type { OptionName } from "../options.ts"

const names: ReadonlySet<string> = new Set<OptionName>([
  ...(["depth", "sample", "timeout", "max-peers", "max-download"] as const),
  ...(["tracker", "peer", "dht-bootstrap", "no-dht", "no-pex", "no-web-seeds"] as const),
  ...(["min-seeders", "min-availability", "strict", "warning", "critical"] as const),
])

export const isCarried = (name: string): boolean => names.has(name)

/** Whoever may write to the database can set no other. */
export const carriedOf = (flags: Readonly<Record<string, readonly string[] | true>>): Flags =>
  Object.fromEntries(Object.entries(flags).filter(([name]) => isCarried(name)))
