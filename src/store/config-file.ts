/** A configuration file: an object of plain JSON, bounded, with errors that name the place. What its keys mean is not known here. */
import { readFile, stat } from "node:fs/promises"
import { InputError } from "../failure.ts"
import { jsonErrorAt } from "./json-error.ts"

/** A list of a hundred trackers has a tenth of that. */
const maxBytes = 64 * 1024

export const badConfig = (message: string, hint: string): InputError =>
  new InputError("bad-config", message, hint)

const reasons: Record<string, string> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EACCES: "permission denied",
  ELOOP: "its symbolic links go round in circles",
}

const absent = new Set(["ENOENT", "ENOTDIR"])

/** Null: there is none, and none was asked for by name. Throws InputError `bad-config`. */
export async function readConfigFile(
  path: string,
  isNamed: boolean,
): Promise<Readonly<Record<string, unknown>> | null> {
  let source: string
  try {
    const found = await stat(path)
    // A FIFO would be waited for, and a device may never end.
    if (!found.isFile())
      throw badConfig(
        `${path} is ${found.isDirectory() ? "a directory" : "not a regular file"}`,
        "Give a JSON file.",
      )
    if (found.size > maxBytes)
      throw badConfig(`${path} is larger than ${maxBytes / 1024} KiB`, "Give a file of options in JSON.")
    source = await readFile(path, "utf8")
  } catch (error) {
    if (error instanceof InputError) throw error
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown"
    if (!isNamed && absent.has(code)) return null
    throw badConfig(`cannot read ${path}: ${reasons[code] ?? code}`, "Check the path and its permissions.")
  }
  return parsed(path, source.replace(/^\ufeff/, ""))
}

function parsed(path: string, source: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch {
    const { line, column } = jsonErrorAt(source)
    throw badConfig(
      `${path}: not JSON at line ${line}, column ${column}`,
      "JSON has no comments and no comma after the last entry; names and texts stand in double quotes.",
    )
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw badConfig(`${path}: not an object`, 'Write { "maxPeers": 50 }.')
}
