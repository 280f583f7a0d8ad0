export type Row = Readonly<Record<string, unknown>>

/** The rows of a finding's evidence, which may be anything. */
export const rowsOf = (value: unknown): Row[] =>
  Array.isArray(value) ? value.filter((each): each is Row => typeof each === "object" && each !== null) : []
