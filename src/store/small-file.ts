/** Files of ours between runs, which anything may stand in place of: what is no file of that size is not read, and nothing is waited for. */
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs"

/** Opening a pipe waits for its other end, unless it is told not to; Windows has no such flag. */
const atOnce = constants.O_NONBLOCK ?? 0

/** In one write, at the end of what is there or in place of it; 0600 where it is made. Throws what the system says, also of a pipe. */
export function writeSmallFile(path: string, text: string, where: "end" | "whole"): void {
  const { O_WRONLY, O_CREAT, O_APPEND, O_TRUNC } = constants
  const file = openSync(path, O_WRONLY | O_CREAT | (where === "end" ? O_APPEND : O_TRUNC) | atOnce, 0o600)
  try {
    writeSync(file, text)
  } finally {
    closeSync(file)
  }
}

/** Throws what the system says, and an Error where it is no regular file or has more than `maxBytes`. */
export function readSmallFile(path: string, maxBytes: number): Buffer {
  const file = openSync(path, constants.O_RDONLY | atOnce)
  try {
    const found = fstatSync(file)
    if (!found.isFile()) throw new Error("not a regular file")
    if (found.size > maxBytes) throw new Error("too large")
    const bytes = Buffer.alloc(found.size)
    let at = 0
    while (at < bytes.length) {
      const count = readSync(file, bytes, at, bytes.length - at, at)
      if (count === 0) break
      at += count
    }
    return bytes.subarray(0, at)
  } finally {
    closeSync(file)
  }
}
