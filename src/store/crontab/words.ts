/** Words ⇄ the command of a crontab line, which cron reads first, and then a shell. */

import { limits } from "../../limits.ts"

const plain = /^[\w@+=:,./-]+$/

/** Cron makes a newline of `%` unless `\` stands before it; not every cron takes that `\` away, but outside quotes a shell does. */
export const quoteWord = (word: string): string =>
  word
    .split(/(['%])/)
    .filter((part) => part !== "")
    .map((part) => (part === "'" || part === "%" ? `\\${part}` : plain.test(part) ? part : `'${part}'`))
    .join("") || "''"

/** What quoteWord made of words with spaces between; null: somebody else's hand was in it. */
export function unquoteWords(command: string): string[] | null {
  if (command.length > limits.crontab.maxCommandBytes) return null
  const words: string[] = []
  let rest = command.trim()
  while (rest !== "") {
    const word = /^(?:[^\s'"\\]|'[^']*'|\\.)+/.exec(rest)?.[0]
    if (word === undefined) return null
    words.push(
      word.replace(/'([^']*)'|\\(.)/g, (_, quoted?: string, escaped?: string) => quoted ?? escaped ?? ""),
    )
    rest = rest.slice(word.length)
    if (rest !== "" && !/^\s/.test(rest)) return null
    rest = rest.trimStart()
  }
  return words
}
