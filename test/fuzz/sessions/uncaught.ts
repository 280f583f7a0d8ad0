/** What nobody awaited, and nobody caught, while something ran. */
import { setImmediate as turn } from "node:timers/promises"

/** Rejects with the first of them; else as the work ends. */
export async function nothingUncaught<T>(work: () => Promise<T>): Promise<T> {
  const uncaught: unknown[] = []
  const note = (error: unknown) => void uncaught.push(error)
  process.on("unhandledRejection", note)
  process.on("uncaughtException", note)
  try {
    const done = await work()
    await turn()
    return done
  } finally {
    process.off("unhandledRejection", note)
    process.off("uncaughtException", note)
    if (uncaught.length > 0)
      // oxlint-disable-next-line no-unsafe-finally -- nothing that the work says matters more
      throw new Error("nobody caught this", { cause: uncaught[0] })
  }
}
