/** HTTP trackers whose answers are packed: bombs, garbage, and encodings that nobody asked for. */
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from "node:zlib"
import type { HostileCase } from "../case.ts"
import { answer, rawServer } from "./tracker-server.ts"
import { trackerCase } from "./tracker-stage.ts"

const MiB = 1_048_576
const bound = "tracker.maxBodyBytes"
const zeros = (mebibytes: number) => Buffer.alloc(mebibytes * MiB)
/** Members one after the other are one stream (RFC 1952 §2.2): 16 of 64 MiB each. */
const gigabyte = () => Buffer.concat(Array<Buffer>(16).fill(gzipSync(zeros(64), { level: 9 })))
const tooLong = /bad-encoding: decodes to more than/
const unreadable = /bad-encoding/

interface Packed {
  id: string
  does: string
  encoding: string
  expect: RegExp
  bound?: string
  body(): Uint8Array
}

const packed: readonly Packed[] = [
  {
    id: "http-tracker-gzip-bomb",
    does: "sends 1 GB in 1 MB of gzip",
    encoding: "gzip",
    expect: tooLong,
    body: gigabyte,
  },
  {
    id: "http-tracker-gzip-nested",
    does: "sends a gzip bomb in gzip, and says so twice",
    encoding: "gzip, gzip",
    expect: unreadable,
    body: () => gzipSync(gigabyte()),
  },
  {
    id: "http-tracker-deflate-bomb",
    does: "sends 64 MB in 64 KB of deflate",
    encoding: "deflate",
    expect: tooLong,
    body: () => deflateSync(zeros(64)),
  },
  {
    id: "http-tracker-raw-deflate-bomb",
    does: "sends 64 MB of deflate without its header",
    encoding: "deflate",
    expect: tooLong,
    body: () => deflateRawSync(zeros(64)),
  },
  {
    id: "http-tracker-brotli-bomb",
    does: "sends 256 MB of brotli, which nobody asked for",
    encoding: "br",
    expect: /bad-encoding: unknown/,
    bound: "gzip and deflate alone",
    body: () => brotliCompressSync(zeros(256), { params: { [constants.BROTLI_PARAM_QUALITY]: 2 } }),
  },
  {
    id: "http-tracker-gzip-garbage",
    does: "says gzip and sends garbage",
    encoding: "gzip",
    expect: unreadable,
    body: () => Buffer.alloc(100_000, 0xa5),
  },
  {
    id: "http-tracker-gzip-truncated",
    does: "sends half a gzip stream",
    encoding: "gzip",
    expect: unreadable,
    body: () => gzipSync(Buffer.alloc(100_000, "abcdefgh")).subarray(0, 60),
  },
  {
    id: "http-tracker-gzip-dictionary",
    does: "sends deflate that wants a dictionary",
    encoding: "deflate",
    expect: unreadable,
    body: () => deflateSync(Buffer.alloc(1_000, "d8:interval"), { dictionary: Buffer.from("d8:interval") }),
  },
  {
    id: "http-tracker-gzip-values",
    does: "sends 1,000,000 empty dictionaries in 2 KB of gzip",
    encoding: "gzip",
    expect: /bad-encoding: decodes to more than/,
    bound: "tracker.maxGzipRatio",
    body: () => gzipSync(`d5:peersl${"de".repeat(1_000_000)}ee`),
  },
]

export const trackerHttpEncodingCases: readonly HostileCase[] = packed.map((each) =>
  trackerCase("http-tracker", {
    ...each,
    bound: each.bound ?? bound,
    async start(stage) {
      const body = each.body()
      const { port } = await rawServer(stage, (line) =>
        answer(line, body, [`Content-Encoding: ${each.encoding}`]),
      )
      return {
        url: `http://127.0.0.1:${port}/announce`,
        seen: () => `${Math.ceil(body.length / 1024)} KiB sent`,
      }
    },
  }),
)
