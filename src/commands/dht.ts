/** `torrent-audit dht …`: asks the DHT, and with `--yes` writes to it; one answer, as a page, a JSON document, or a value's own bytes. */
import { writeFile } from "node:fs/promises"
import { dhtCommands, type DhtAnswer, type DhtCommand } from "../evidence/dht-command.ts"
import { InputError } from "../failure.ts"
import { renderDht } from "../render/dht.ts"
import { schemaVersion } from "../report.ts"
import type { Command, Context } from "./context.ts"
import { get, put } from "./dht/items.ts"
import { dhtOptions, textsOf } from "./dht/options.ts"
import { ping } from "./dht/ping.ts"
import { sample } from "./dht/sample.ts"
import { statusOf } from "./dht/session.ts"
import { announce, getPeers, scrape } from "./dht/swarms.ts"
import { nearest } from "./values.ts"
import { version } from "./version.ts"

type Answers = (words: readonly string[], context: Context) => Promise<DhtAnswer>

const commands: Record<DhtCommand, Answers> = {
  ping,
  "get-peers": getPeers,
  scrape,
  announce,
  get,
  put,
  sample,
}

export const dht: Command = async (context) => {
  const [word = "", ...words] = context.targets
  const name = dhtCommands.find((each) => each === word)
  const { json } = dhtOptions(context.flags)
  try {
    if (name === undefined) throw unknownCommand(word)
    const files = textsOf(context.flags, "out")
    if (files.length > 0 && name !== "get")
      throw new InputError("usage", `dht ${name} saves nothing`, "Use --json and a redirection.")
    const answer = await commands[name](words, context)
    await deliver(answer, files, context, json)
    return statusOf(answer)
  } catch (error) {
    if (json && error instanceof InputError && !context.terminal.printed)
      context.terminal.out(asJson(failed(name, error)))
    throw error
  }
}

function unknownCommand(word: string): InputError {
  const near = nearest(word, dhtCommands)
  return new InputError(
    "usage",
    word === "" ? "dht takes a command" : `unknown command dht ${word}`,
    near === null
      ? `One of ${dhtCommands.join(", ")}; see \`torrent-audit help dht\`.`
      : `Did you mean dht ${near}?`,
  )
}

const failed = (name: DhtCommand | undefined, { code, message, hint }: InputError) => ({
  schemaVersion,
  tool: { name: "torrent-audit", version },
  command: name === undefined ? "dht" : `dht ${name}`,
  error: { code, message, hint },
})

/** Sequence numbers have up to 63 bits: written as the JSON numbers that they are, exactly. */
function asJson(document: object): string {
  const exact = (_: string, value: unknown): unknown =>
    typeof value === "bigint" ? (JSON as RawJson).rawJSON(String(value)) : value
  return `${JSON.stringify(document, exact, 2).replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )}\n`
}

interface RawJson extends JSON {
  rawJSON(text: string): unknown
}

async function deliver(
  answer: DhtAnswer,
  files: readonly string[],
  { terminal, flags }: Context,
  json: boolean,
): Promise<void> {
  const { columns, color, errorColor, ascii, stdoutIsTty, stderrIsTty } = terminal
  const verbose = flags.verbose === true
  const page = { columns, ascii, top: 0, verbose }
  const content = answer.command === "dht get" && answer.item ? contentOf(answer.item) : null
  if (content) for (const file of files) await save(file, content)
  if (json) return terminal.out(asJson(answer))
  // Into a pipe goes the value itself, and nothing else.
  if (answer.command === "dht get" && !stdoutIsTty && files.length === 0) {
    if (content) terminal.out(content)
    if (!content || stderrIsTty || verbose) terminal.err(renderDht(answer, { ...page, color: errorColor }))
    return
  }
  if (flags.quiet !== true || statusOf(answer) !== 0) terminal.out(renderDht(answer, { ...page, color }))
}

/** A string's bytes; of another kind its bencoding. */
const contentOf = ({ content, value }: NonNullable<DhtAnswer["item"]>): Uint8Array =>
  Buffer.from(content ?? value, "base64")

async function save(file: string, content: Uint8Array): Promise<void> {
  await writeFile(file, content).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      "cant-write",
      `cannot write ${file}: ${error.code ?? error.name}`,
      "Choose another path.",
    )
  })
}
