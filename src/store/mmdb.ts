/** MaxMind databases (their format 2.0), whoever made them: an address → country, autonomous system, network. */
import { open, readFile, stat } from "node:fs/promises"
import { Reader } from "mmdb-lib"
import decoderModule from "mmdb-lib/lib/decoder.js"
import type { Place } from "../evidence.ts"
import { InputError } from "../failure.ts"

/** The largest city databases have half of that. */
const maxBytes = 2 ** 30
const maxNameLength = 100
/** The metadata stands in the last 128 KiB, behind this. */
const marker = Buffer.from("abcdef4d61784d696e642e636f6d", "hex")
const metadataBytes = 128 * 1024

export interface Mmdb {
  /** Of an IPv4 or IPv6 address without brackets; null: it isn't in there. Never throws, however damaged the file. */
  placeOf(host: string): Place | null
}

/** Throws InputError `no-file` or `bad-value`. */
export async function openMmdb(path: string): Promise<Mmdb> {
  const found = await stat(path).catch(() => null)
  if (found === null || !found.isFile())
    throw new InputError(
      "no-file",
      found === null
        ? `no such file: ${path}`
        : `${path} is ${found.isDirectory() ? "a directory" : "not a regular file"}`,
      "--mmdb takes a database file: GeoLite2-Country.mmdb, GeoLite2-ASN.mmdb, …",
    )
  if (found.size > maxBytes) throw notOne(path, "larger than 1 GiB")
  // The rest is only read where it is worth it.
  const { head, tail } = await endsOf(path, found.size).catch(unreadable(path))
  if (head[0] === 0x1f && head[1] === 0x8b) throw notOne(path, "gzip: `gunzip` it first")
  if (metadataStart(tail) < 0) throw notOne(path, "not a MaxMind database")
  const reader = opened(path, await readFile(path).catch(unreadable(path)))
  const allow = bounded(Reflect.get(reader, "decoder") as Decoder)
  // An IPv6 address walked through a tree of IPv4 ends somewhere, too.
  const ipv4Only = reader.metadata.ipVersion === 4
  return {
    placeOf(host) {
      if (ipv4Only && host.includes(":")) return null
      allow()
      try {
        return placeIn(reader.get(host))
      } catch {
        return null
      }
    },
  }
}

const notOne = (path: string, what: string): InputError =>
  new InputError(
    "bad-value",
    `--mmdb ${path}: ${what}`,
    "Give a .mmdb file as MaxMind, DB-IP or IPinfo make them.",
  )

const unreadable =
  (path: string) =>
  (error: unknown): never => {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown"
    throw new InputError(
      "no-file",
      `cannot read ${path}: ${code === "EACCES" ? "permission denied" : code}`,
      "Check its permissions.",
    )
  }

/** The first two bytes, and the last ones with the metadata in them. */
async function endsOf(path: string, size: number): Promise<{ head: Buffer; tail: Buffer }> {
  const file = await open(path)
  try {
    const length = Math.min(size, metadataBytes + marker.length)
    const [head, tail] = [Buffer.alloc(2), Buffer.alloc(length)]
    await file.read(head, 0, head.length, 0)
    const { bytesRead } = await file.read(tail, 0, length, size - length)
    return { head, tail: tail.subarray(0, bytesRead) }
  } finally {
    await file.close()
  }
}

/** As the reader looks for it, so that what is checked is what it reads: from the end, no byte twice; −1: it isn't there. */
function metadataStart(bytes: Buffer): number {
  let found = 0
  for (let at = bytes.length - 2; at >= 0; at--) {
    found = bytes[at] === marker[marker.length - 1 - found] ? found + 1 : 0
    if (found === marker.length) return at + marker.length
  }
  return -1
}

function opened(path: string, bytes: Buffer): Reader<never> {
  try {
    // The reader decodes it before it can be told any bound.
    const start = metadataStart(bytes)
    const metadata = new MmdbDecoder(bytes, start)
    bounded(metadata)
    metadata.decode(start)
    // With a cache, a value that points to itself many times over costs no more than once.
    const reader = new Reader<never>(bytes, { cache: new Map() })
    const { ipVersion, searchTreeSize, nodeCount } = reader.metadata
    if ((ipVersion === 4 || ipVersion === 6) && nodeCount > 0 && searchTreeSize < bytes.length) return reader
  } catch {
    // Damaged, which is said below.
  }
  throw notOne(path, "damaged")
}

/** Of one place; the largest databases have some hundred values, and ten languages. */
const maxValues = 10_000

interface Decoded {
  value: unknown
  /** Of what comes after it. */
  offset: number
}

/** As mmdb-lib 3 has it within. */
interface Decoder {
  decode(offset: number): Decoded
  decodeArray(size: number, offset: number): Decoded
  decodeMap(size: number, offset: number): Decoded
}

/** A CommonJS module's default export: as Node has it, or as bundlers unwrap it. */
const MmdbDecoder = ("default" in decoderModule ? decoderModule.default : decoderModule) as unknown as new (
  bytes: Buffer,
  baseOffset: number,
) => Decoder

/**
 * A damaged file may claim a list of millions, go round in itself, or have lists for names, which the reader would follow for minutes.
 * The result lets it decode one more place; what is larger then throws.
 */
function bounded(decoder: Decoder): () => void {
  let left = maxValues
  const decode = decoder.decode.bind(decoder)
  decoder.decode = (offset) => {
    if (left-- > 0) return decode(offset)
    throw new RangeError("too large for a place")
  }
  decoder.decodeArray = (size, offset) => list(size, offset)
  decoder.decodeMap = (size, offset) => {
    const { value, offset: end } = list(2 * size, offset)
    const entries = Array.from({ length: size }, (_, at): [string, unknown] => {
      const [name, one] = value.slice(2 * at, 2 * at + 2)
      if (typeof name === "string") return [name, one]
      throw new TypeError("not a name")
    })
    return { value: Object.fromEntries(entries), offset: end }
  }
  function list(size: number, start: number): Decoded & { value: unknown[] } {
    const value: unknown[] = []
    let offset = start
    while (value.length < size) {
      const next = decoder.decode(offset)
      value.push(next.value)
      offset = next.offset
    }
    return { value, offset }
  }
  return () => void (left = maxValues)
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null

/** GeoLite2 and GeoIP2 (Country, City, ASN, Enterprise), DB-IP in the same form, IPinfo's flat one. */
function placeIn(value: unknown): Place | null {
  if (!isRecord(value)) return null
  const { country, registered_country: registered, traits } = value
  const about = isRecord(traits) ? { ...traits, ...value } : value
  const asn = asnIn(about["autonomous_system_number"]) ?? asnIn(about["asn"])
  const place = {
    country:
      codeIn(isRecord(country) ? country["iso_code"] : country) ??
      codeIn(about["country_code"]) ??
      codeIn(isRecord(registered) ? registered["iso_code"] : null),
    asn,
    network:
      nameIn(about["autonomous_system_organization"]) ??
      nameIn(about["as_name"]) ??
      (asn === null ? null : (nameIn(about["name"]) ?? nameIn(about["organization"]))),
  }
  return Object.values(place).every((part) => part === null) ? null : place
}

const codeIn = (value: unknown): string | null =>
  typeof value === "string" && /^[A-Z]{2}$/i.test(value) ? value.toUpperCase() : null

function asnIn(value: unknown): number | null {
  const number = typeof value === "string" && /^AS\d{1,10}$/i.test(value) ? Number(value.slice(2)) : value
  return typeof number === "number" && Number.isInteger(number) && number >= 0 && number < 2 ** 32
    ? number
    : null
}

const nameIn = (value: unknown): string | null =>
  typeof value === "string" && value.trim() !== ""
    ? value.trim().slice(0, maxNameLength).toWellFormed()
    : null
