/** Two ends of a real TCP connection on loopback, closed with the test. */
import { onTestFinished } from "vitest"
import { failure, type Outcome } from "../../../src/failure.ts"
import { realNetwork, type Connection } from "../../../src/network.ts"

export const network = realNetwork()

export async function link(): Promise<{ dialler: Connection; listener: Connection }> {
  const accepted = Promise.withResolvers<Connection>()
  const listening = valueOf(await network.listen(0, accepted.resolve))
  const to = { host: "127.0.0.1", port: listening.port, timeoutMs: 5_000 }
  const dialler = valueOf(await network.connect({ ...to, signal: new AbortController().signal }))
  const listener = await accepted.promise
  listening.close()
  onTestFinished(() => {
    for (const each of [dialler, listener]) each.close(failure("idle"))
  })
  return { dialler, listener }
}

export function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.code} ${outcome.failure.detail}`)
  return outcome.value
}

/** Everything up to the end of the stream. */
export async function readAll({ stream }: Connection): Promise<Buffer> {
  const chunks: Buffer[] = []
  stream.on("data", (bytes: Buffer) => chunks.push(bytes))
  await new Promise((resolve) => stream.once("end", resolve))
  return Buffer.concat(chunks)
}

export async function readBytes({ stream }: Connection, count: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  await new Promise<void>((resolve) => {
    const onData = (bytes: Buffer) => {
      chunks.push(bytes)
      length += bytes.length
      if (length < count) return
      stream.off("data", onData)
      resolve()
    }
    stream.on("data", onData)
  })
  return Buffer.concat(chunks)
}
