/** Many producers, one reader: what is pushed is read in order, until it is closed and empty. */
export interface Queue<T> extends AsyncIterable<T> {
  push(item: T): void
  close(): void
}

export function createQueue<T>(): Queue<T> {
  const items: T[] = []
  let closed = false
  let wake = () => {}
  return {
    push(item) {
      if (!closed) items.push(item)
      wake()
    },
    close() {
      closed = true
      wake()
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const item = items.shift()
        if (item !== undefined) yield item
        else if (closed) return
        else {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
    },
  }
}
