/** JSON that a terminal may be shown: a name in it may hold what terminals obey, and JSON has a harmless way to write that. */

/** What JSON leaves as it is: DEL and C1, line breaks that some readers of lines take for theirs, what turns the direction of text. */
const orders = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

const written = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** As JSON.stringify, and parsed to the same value. */
export const plainJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(orders, written)
