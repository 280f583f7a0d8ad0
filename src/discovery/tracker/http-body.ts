/**
 * The Content-Encoding of a reply, undone within our size limit: a bomb ends as a failure, not as memory. At once, one body after the
 * other: in Node's thread pool a hundred servers' bombs would be unpacked side by side.
 */
import { gunzipSync, inflateRawSync, inflateSync } from "node:zlib"
import { fail, succeed, type Outcome } from "../../failure.ts"

const unpackers = {
  gzip: [gunzipSync],
  "x-gzip": [gunzipSync],
  // RFC 9110 means zlib by it; some servers send the bare stream.
  deflate: [inflateSync, inflateRawSync],
}

export function decodeBody(
  body: Uint8Array,
  encoding: string | undefined,
  maxBytes: number,
): Outcome<Uint8Array> {
  const name = (encoding ?? "identity").trim().toLowerCase()
  if (name === "" || name === "identity") return succeed(body)
  if (!Object.hasOwn(unpackers, name)) return fail("bad-encoding", "unknown content encoding")
  for (const unpack of unpackers[name as keyof typeof unpackers]) {
    try {
      return succeed(unpack(body, { maxOutputLength: maxBytes }))
    } catch (error) {
      if (error instanceof RangeError) return fail("bad-encoding", `decodes to more than ${maxBytes} bytes`)
    }
  }
  return fail("bad-encoding", `not ${name}`)
}
