/** What a program that reads our output gets in place of a snapshot. */
import type { ShownError } from "../../render/errors.ts"
import { nagiosError } from "../../render/nagios.ts"
import { streamLine } from "../../render/ndjson.ts"
import { cannotWrite } from "../../store/snapshot-file.ts"
import { failedSnapshot } from "../snapshot.ts"
import { failed } from "./stream.ts"
import { plainJson } from "../../evidence/plain-json.ts"

/** Nothing for formats that have no word for it: their readers keep what they had. */
export function failureAs(format: string, error: ShownError): string {
  const { code, message, hint } = error
  if (format === "json") return `${plainJson(failedSnapshot({ code, message, hint }))}\n`
  if (format === "ndjson") return streamLine(1, failed(error, new Date().toISOString()))
  if (format === "nagios") return nagiosError(message)
  return ""
}

/** What was to be printed is lost, and the reader doesn't know it: for standard error. */
export function unwrittenOutput(error: Error): string {
  const { code, message } = cannotWrite("standard output", error)
  return `error[${code}]: ${message}\n`
}
