import { PassThrough } from "node:stream"
import { expect, it } from "vitest"
import { standardInput } from "../../src/commands/stdin.ts"

async function all(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts).toString()
}

it("gives what came, to the end", async () => {
  const stream = new PassThrough()
  stream.write("one ")
  stream.end("two")
  expect(await all(standardInput(new AbortController().signal, stream))).toBe("one two")
})

it.each(["interrupted", "terminated"])("waits no longer once %s, whatever came", async (why) => {
  const stop = new AbortController()
  const stream = new PassThrough()
  stream.write("half")
  const reading = all(standardInput(stop.signal, stream))
  stop.abort(why)
  await expect(reading).rejects.toMatchObject({ name: "InputError", code: why })
  await expect(all(standardInput(stop.signal, new PassThrough()))).rejects.toMatchObject({ code: why })
})
