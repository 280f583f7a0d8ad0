/** What stands in a database may be anything: each value is looked at before it is believed. */

export class BadColumn extends Error {}

export function text(value: unknown): string {
  if (typeof value === "string") return value
  throw new BadColumn("not text")
}

/** PostgreSQL gives a count as text. */
export function number(value: unknown): number {
  const known = typeof value === "string" || typeof value === "bigint" ? Number(value) : value
  if (typeof known === "number" && Number.isFinite(known)) return known
  throw new BadColumn("not a number")
}

export const numberOrNull = (value: unknown): number | null => (value === null ? null : number(value))

export const textOrNull = (value: unknown): string | null => (value === null ? null : text(value))

export function oneOf<T extends string>(all: readonly T[], value: unknown): T {
  const found = all.find((each) => each === value)
  if (found !== undefined) return found
  throw new BadColumn("not one of the words")
}
