/** What the cases of files and names share: a command on this machine alone, which refuses its input or bears it. */
import { execFileSync } from "node:child_process"
import { closeSync, ftruncateSync, openSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { errorStatus } from "../../../src/commands/exit-status.ts"
import { encode, type Encodable } from "../../../src/torrent/bencode.ts"
import type { HostileCase, Outcome, Stage, Staged, Stranger } from "../case.ts"

export const MiB = 1024 * 1024

const escapeCharacter = "\u001b"
/** Of ours; no other sequence. */
export const colours = new RegExp(`${escapeCharacter}\\[[\\d;]*m`, "g")

/** A start of the program, and what a loaded machine adds to it. */
const quickMs = 30_000

/** What makes cases whose ids begin so. */
export const fileCases =
  (prefix: string, stranger: Stranger = "file") =>
  (
    id: string,
    does: string,
    bound: string,
    stage: (stage: Stage) => Staged | Promise<Staged>,
    as: HostileCase["honest"] = honest.smallest,
  ): HostileCase => ({
    id: `${prefix}-${id}`,
    stranger,
    does,
    bound,
    honest: as,
    stage: async (each) => stage(each),
  })

type Run = Pick<Staged, "args"> & Partial<Pick<Staged, "env" | "stdin" | "withinMs">>

/** It must end with this one error, which `says` why, and a hint; and with nothing on standard output. */
export const refused = (code: string, run: Run, says = /^/): Staged => ({
  withinMs: quickMs,
  ...run,
  check({ exitCode, stdout, stderr }) {
    const plain = stderr.replaceAll(colours, "")
    const [, found, message = "", hint = ""] =
      /^error\[([\w-]+)\]: (.*)\n(?: {2}hint: (.*)\n)?$/.exec(plain) ?? []
    if (found !== code) throw new Error(`not one error[${code}]`)
    if (!says.test(message)) throw new Error(`refused otherwise: ${message}`)
    if (hint === "") throw new Error("an error without a hint")
    if (exitCode !== errorStatus(code)) throw new Error(`not exit ${errorStatus(code)}`)
    if (stdout !== "") throw new Error("it printed something else, too")
    return `refused: ${short(message)}`
  },
})

/** It must end by itself with one of these statuses; `check` says what else must be true. */
export const borne = (
  run: Run & { exits?: readonly number[]; check: (outcome: Outcome) => string | Promise<string> },
): Staged => {
  const { exits = [0], check, ...more } = run
  return {
    withinMs: quickMs,
    ...more,
    check(outcome) {
      const { exitCode } = outcome
      if (exitCode === null || !exits.includes(exitCode)) throw new Error(`not exit ${exits.join(" or ")}`)
      return check(outcome)
    },
  }
}

/** Throws unless the text is there. */
export function demand(text: string, part: string | RegExp, what: string): void {
  if (typeof part === "string" ? !text.includes(part) : !part.test(text)) throw new Error(`missing: ${what}`)
}

/** Throws where the text is there. */
export function forbid(text: string, part: string | RegExp, what: string): void {
  const at = typeof part === "string" ? text.indexOf(part) : text.search(part)
  if (at >= 0) throw new Error(`${what}: ${JSON.stringify(text.slice(Math.max(0, at - 40), at + 40))}`)
}

/** Folders and numbers differ from run to run; a table wants neither. */
const short = (message: string): string =>
  message.replaceAll(/(?:\/[\w.-]+)*\/torrent-audit-hostile-\w+\//g, "").slice(0, 110)

export function fileIn({ folder }: Stage, name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

/** A pipe that nobody ever writes into. */
export function pipeIn(folder: string, name: string): string {
  const path = join(folder, name)
  execFileSync("mkfifo", [path])
  return path
}

/** A file of so many zeros that takes no place on the disk. */
export function sparse({ folder }: Pick<Stage, "folder">, name: string, bytes: number): string {
  const path = join(folder, name)
  const file = openSync(path, "w")
  ftruncateSync(file, bytes)
  closeSync(file)
  return path
}

/** An ordinary torrent, but for what is given. */
export const torrent = (
  info: Record<string, Encodable> = {},
  top: Record<string, Encodable> = {},
): Uint8Array =>
  encode({
    info: { length: 100, name: "a", "piece length": 65_536, pieces: new Uint8Array(20), ...info },
    ...top,
  })

/** One value many times over, without making them one by one. */
export const repeated = (piece: string, times: number): Buffer => Buffer.alloc(piece.length * times, piece)

/** A bencoded dictionary of entries that are bencoded already, in the order given. */
export const dictionary = (entries: readonly (readonly [string, Uint8Array])[]): Buffer =>
  Buffer.concat([
    Buffer.from("d"),
    ...entries.flatMap(([key, value]) => [Buffer.from(`${Buffer.byteLength(key)}:${key}`), value]),
    Buffer.from("e"),
  ])

/** An honest torrent of as many files as are read: what memory a large input may take. */
export function manyFiles(count: number): Buffer {
  const files = Array.from(
    { length: count },
    (_, i) => `d6:lengthi1e4:pathl3:dir8:${String(i).padStart(8, "0")}ee`,
  )
  const hashes = "x".repeat(20 * Math.ceil(count / 65_536))
  return dictionary([
    [
      "info",
      dictionary([
        ["files", Buffer.from(`l${files.join("")}e`)],
        ["name", Buffer.from("4:many")],
        ["piece length", Buffer.from("i65536e")],
        ["pieces", Buffer.from(`${hashes.length}:${hashes}`)],
      ]),
    ],
  ])
}

const smallest = (stage: Stage): Promise<Staged> =>
  Promise.resolve(
    borne({ args: ["inspect", fileIn(stage, "honest.torrent", torrent())], check: () => "read" }),
  )
const largest = (stage: Stage): Promise<Staged> =>
  Promise.resolve(
    borne({ args: ["inspect", fileIn(stage, "honest.torrent", manyFiles(500_000))], check: () => "read" }),
  )
const padded = (stage: Stage): Promise<Staged> =>
  Promise.resolve(
    borne({
      args: ["inspect", fileIn(stage, "honest.torrent", torrent({}, { zz: new Uint8Array(60 * MiB) }))],
      check: () => "read",
    }),
  )

/** What an honest input of the same shape takes: a small torrent, one of 500,000 files, one of 60 MiB. */
export const honest = { smallest, largest, padded } satisfies Record<string, HostileCase["honest"]>
