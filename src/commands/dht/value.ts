/** What `dht put` stores: text from the command line, a file, or standard input → one bencoded value within BEP 44's bounds. */
import { open } from "node:fs/promises"
import { InputError } from "../../failure.ts"
import { refuseSpecialFile } from "../../store/snapshot-file.ts"
import { decode, encode } from "../../torrent/bencode.ts"
import { maxValueBytes } from "../../torrent/dht-item.ts"
import type { Flags } from "../context.ts"
import type { StandardInput } from "../stdin.ts"
import { textsOf } from "./options.ts"

/** Bencoded. `words` are those after `dht put`. */
export async function valueToPut(
  words: readonly string[],
  flags: Flags,
  stdin: StandardInput | null,
): Promise<Uint8Array> {
  const file = textsOf(flags, "file").at(-1)
  if (words.length + (file === undefined ? 0 : 1) !== 1)
    throw new InputError(
      "usage",
      "dht put takes one value",
      "torrent-audit dht put TEXT, @FILE, --file FILE or `-` for standard input",
    )
  const content = await contentOf(file === undefined ? (words[0] ?? "") : `@${file}`, stdin)
  const value = flags.bencoded === true ? alreadyBencoded(content) : encode(content)
  if (value.length > maxValueBytes)
    throw new InputError(
      "too-large",
      `the value has ${value.length} bytes in bencode: nodes keep at most ${maxValueBytes} (BEP 44)`,
      "Store a shorter one, or the hash or magnet link of what it stands for.",
    )
  return value
}

async function contentOf(word: string, stdin: StandardInput | null): Promise<Uint8Array> {
  if (word === "-") {
    if (stdin === null)
      throw new InputError(
        "stdin-tty",
        "`-` expects piped data",
        "printf hello | torrent-audit dht put - --yes",
      )
    return bounded(stdin(), "standard input")
  }
  if (word.startsWith("@")) return fileContent(word.slice(1))
  return new TextEncoder().encode(word)
}

async function fileContent(path: string): Promise<Uint8Array> {
  await refuseSpecialFile(path)
  const file = await open(path).catch(() => {
    throw new InputError("no-file", `cannot read ${path}`, "Check the path and its permissions.")
  })
  return bounded(file.createReadStream() as AsyncIterable<Uint8Array>, path)
}

/** One byte more than fits is enough to know that it doesn't. */
async function bounded(chunks: AsyncIterable<Uint8Array>, name: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    parts.push(chunk)
    size += chunk.length
    if (size > maxValueBytes)
      throw new InputError(
        "too-large",
        `${name} has more than ${maxValueBytes} bytes, the most that nodes keep (BEP 44)`,
        "Store a shorter value, or the hash or magnet link of what it stands for.",
      )
  }
  return Buffer.concat(parts)
}

/** Sent on by an encoder of ours, so that only what it writes the same way can be stored and found under its hash. */
function alreadyBencoded(content: Uint8Array): Uint8Array {
  const decoded = decode(content)
  if (!decoded.ok)
    throw new InputError(
      "not-bencode",
      `the value is not bencode: ${decoded.fault.reason} at offset ${decoded.fault.offset}`,
      "Leave out --bencoded to store it as a string.",
    )
  if (Buffer.compare(encode(decoded.value), content) !== 0)
    throw new InputError(
      "not-bencode",
      "the value is bencode, but not in its canonical form: unsorted or repeated keys, leading zeros, or integers beyond 2⁵³",
      "Encode it again with sorted keys.",
    )
  return content
}
