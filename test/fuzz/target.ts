/** One entry for bytes from a stranger. */

/** What is fuzzed for so many minutes together. */
export type Group = "torrent" | "discovery" | "wire" | "files" | "sessions"

/** Exported, under whatever name, by a file of targets/ or sessions/. */
export interface FuzzTarget {
  /** kebab-case; its corpus is `test/fuzz/corpus/<name>/`. */
  readonly name: string
  readonly group: Group
  /**
   * Throws, or rejects, only when something is wrong: expected refusals are values, or are caught inside by their kind. It also
   * checks what must hold of what was read: bounds, ranges, that writing it and reading it again gives the same.
   */
  run(bytes: Uint8Array): void | Promise<void>
  /** Honest and nearly honest examples, with which a corpus begins. */
  seeds(): Iterable<Uint8Array>
  /** Words of the format that chance won't find. */
  readonly dictionary?: readonly string[]
  /** Longest input tried; 4,096 unless told. */
  readonly maxBytes?: number
}
