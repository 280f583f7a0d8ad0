/** What is wrong with a torrent that can still be audited: one line per kind, however often it occurs. */
export interface Defects {
  /** `example` comes from the torrent and is shown quoted. */
  add(what: string, example?: string): void
  lines(): string[]
}

const maxExampleLength = 60

export function collectDefects(): Defects {
  const found = new Map<string, { count: number; example: string | undefined }>()
  return {
    add(what, example) {
      const known = found.get(what)
      if (known) known.count++
      else found.set(what, { count: 1, example })
    },
    lines: () =>
      Array.from(found, ([what, { count, example }]) => {
        const times = count > 1 ? ` (${count} times)` : ""
        return example === undefined ? what + times : `${what}${times}: ${quote(example)}`
      }),
  }
}

const quote = (text: string): string =>
  JSON.stringify(text.length > maxExampleLength ? `${text.slice(0, maxExampleLength)}…` : text)
