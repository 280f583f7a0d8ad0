/** Errors of input: what is wrong, and the next step. */
import { palette } from "./page.ts"
import { escape } from "./text.ts"

export interface ShownError {
  code: string
  message: string
  hint: string
}

export function formatError(error: ShownError, options: { color: boolean; ascii?: boolean }): string {
  const paint = palette(options.color)
  const text = (foreign: string) => escape(foreign, options.ascii)
  const what = `${paint.bold(paint.red(`error[${text(error.code)}]:`))} ${text(error.message)}\n`
  return error.hint === "" ? what : `${what}  ${paint.bold("hint:")} ${text(error.hint)}\n`
}
