/** What a program that reads our output gets in place of a snapshot. */
import type { ShownError } from "../../render/errors.ts"
import { nagiosError } from "../../render/nagios.ts"
import { streamLine } from "../../render/ndjson.ts"
import { failedSnapshot } from "../snapshot.ts"
import { failed } from "./stream.ts"

/** Nothing for formats that have no word for it: their readers keep what they had. */
export function failureAs(format: string, error: ShownError): string {
  const { code, message, hint } = error
  if (format === "json") return `${JSON.stringify(failedSnapshot({ code, message, hint }))}\n`
  if (format === "ndjson") return streamLine(1, failed(error, new Date().toISOString()))
  if (format === "nagios") return nagiosError(message)
  return ""
}
