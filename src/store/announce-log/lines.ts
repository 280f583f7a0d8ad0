/** A stream of bytes → lines, one at a time, whatever its length; of a line that is too long, only that it was there. */

const newline = 10

/** Without the line break; null: longer than `maxBytes`. Text is latin1, so that every byte stays itself. */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<readonly (string | null)[]> {
  let rest: Buffer = Buffer.alloc(0)
  let tooLong = false
  for await (const chunk of chunks) {
    const bytes =
      rest.length > 0
        ? Buffer.concat([rest, chunk])
        : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    const lines: (string | null)[] = []
    let from = 0
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, from)) {
      // Millions of empty ones are worth no object each.
      if (tooLong || end - from > maxBytes) lines.push(null)
      else lines.push(end === from ? "" : textOf(bytes.subarray(from, end)))
      tooLong = false
      from = end + 1
    }
    rest = bytes.subarray(from)
    if (rest.length > maxBytes) {
      tooLong = true
      rest = Buffer.alloc(0)
    }
    yield lines
  }
  if (tooLong) yield [null]
  else if (rest.length > 0) yield [textOf(rest)]
}

const textOf = (bytes: Buffer): string => bytes.toString("latin1").replace(/\r$/, "")
