import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { InputError } from "../../src/failure.ts"
import { openMmdb } from "../../src/store/mmdb.ts"
import { mmdb, mmdbValue, type MmdbValue } from "../support/mmdb.ts"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-mmdb-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

const fileOf = (bytes: Buffer, name = "x.mmdb"): string => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

async function placeIn(value: MmdbValue | Buffer, host = "1.2.3.4") {
  const database = await openMmdb(fileOf(mmdb({ "1.2.3.0/24": value })))
  return database.placeOf(host)
}

describe("layouts", () => {
  it.each<[string, MmdbValue, object | null]>([
    [
      "GeoLite2 Country and City, DB-IP",
      { country: { iso_code: "DE", names: { en: "Germany" } }, registered_country: { iso_code: "US" } },
      { country: "DE", asn: null, network: null },
    ],
    [
      "only where it is registered",
      { registered_country: { iso_code: "FR" } },
      { country: "FR", asn: null, network: null },
    ],
    [
      "GeoLite2 ASN",
      { autonomous_system_number: 64_500, autonomous_system_organization: "Example Net" },
      { country: null, asn: 64_500, network: "Example Net" },
    ],
    [
      "GeoIP2 Enterprise",
      {
        country: { iso_code: "SE" },
        traits: { autonomous_system_number: 64_501, autonomous_system_organization: "N" },
      },
      { country: "SE", asn: 64_501, network: "N" },
    ],
    [
      "IPinfo Lite",
      { asn: "AS64502", as_name: "Example LLC", country: "Japan", country_code: "JP" },
      { country: "JP", asn: 64_502, network: "Example LLC" },
    ],
    [
      "IPinfo ASN",
      { asn: "AS64503", name: "Other", domain: "example.org" },
      { country: null, asn: 64_503, network: "Other" },
    ],
    ["another matter", { domain: "example.org", name: "a name of something" }, null],
    ["wrong types", { country: { iso_code: 7 }, autonomous_system_number: "many", as_name: "  " }, null],
    ["a text", "DE", null],
  ])("%s", async (_, value, place) => {
    expect(await placeIn(value)).toEqual(place)
  })

  it("bounds a name, and leaves no half character", async () => {
    const found = await placeIn({ asn: 1, as_name: `${"x".repeat(99)}😀😀` })
    expect(found?.network).toHaveLength(100)
    expect(found?.network?.isWellFormed()).toBe(true)
  })
})

describe("addresses", () => {
  it("finds IPv4 and IPv6 in one tree, and nobody elsewhere", async () => {
    const database = await openMmdb(
      fileOf(mmdb({ "1.2.3.0/24": { country_code: "DE" }, "2001:db8::/32": { country_code: "FR" } })),
    )
    const found = ["1.2.3.4", "1.2.4.4", "2001:db8::7", "2001:db9::7"].map(
      (host) => database.placeOf(host)?.country,
    )
    expect(found).toEqual(["DE", undefined, "FR", undefined])
  })

  it("looks no IPv6 address up in a tree of IPv4, where 2001:db8:: would be 32.1.13.184", async () => {
    const database = await openMmdb(
      fileOf(mmdb({ "32.1.13.0/24": { country_code: "US" } }, { ipVersion: 4 })),
    )
    expect(database.placeOf("32.1.13.184")?.country).toBe("US")
    expect(database.placeOf("2001:db8::7")).toBe(null)
  })
})

describe("bad files", () => {
  const refusal = async (path: string): Promise<InputError> => {
    const thrown: unknown = await openMmdb(path).catch((error: unknown) => error)
    if (thrown instanceof InputError) return thrown
    throw new TypeError("accepted")
  }

  it.each<[string, () => string, string, RegExp]>([
    ["no file", () => join(folder, "none.mmdb"), "no-file", /^no such file: /],
    ["a directory", () => (mkdirSync(join(folder, "d")), join(folder, "d")), "no-file", /is a directory$/],
    ["something else", () => fileOf(Buffer.from("hello")), "bad-value", /not a MaxMind database/],
    ["nothing", () => fileOf(Buffer.alloc(0)), "bad-value", /not a MaxMind database/],
    ["gzip", () => fileOf(gzipSync(mmdb({ "1.2.3.0/24": "x" }))), "bad-value", /gunzip/],
    ["cut off at its start", () => fileOf(mmdb({ "1.2.3.0/24": "x" }).subarray(300)), "bad-value", /damaged/],
    [
      "cut off at its end",
      () => fileOf(mmdb({ "1.2.3.0/24": "x" }).subarray(0, -20)),
      "bad-value",
      /damaged/,
    ],
  ])("%s", async (_, make, code, message) => {
    const { code: got, message: said } = await refusal(make())
    expect(got).toBe(code)
    expect(said).toMatch(message)
  })

  it.each([
    [
      "claims lists of millions",
      Buffer.concat(Array<Buffer>(5_000).fill(Buffer.from([31, 4, 255, 255, 255]))),
    ],
    ["leads to itself", Buffer.from([1 << 5, 0])],
    [
      "doubles itself by pointers",
      Buffer.concat(
        Array.from({ length: 12 }, (_, depth) => {
          const next = 58 * (depth + 1)
          const pointers = Array.from({ length: 28 }, () => [(1 << 5) | (next >> 8), next & 255])
          return Buffer.from([28, 4, ...pointers.flat()])
        }),
      ),
    ],
  ])("metadata that %s is damaged, at once", async (_, metadata) => {
    const marker = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1")
    const path = fileOf(Buffer.concat([Buffer.alloc(1_000), marker, metadata]))
    expect((await refusal(path)).message).toMatch(/damaged$/)
  })

  it("a value that leads to itself is none", async () => {
    // A map of one entry, whose value points to the map: 001SSVVV VVVVVVVV, relative to the data section.
    const loop = Buffer.concat([Buffer.from([(7 << 5) | 1]), mmdbValue("country"), Buffer.from([1 << 5, 0])])
    expect(await placeIn(loop)).toBe(null)
  })

  it("lists in lists that claim millions of entries each take no memory", async () => {
    const claims = Array<Buffer>(60).fill(Buffer.from([31, 4, 255, 255, 255]))
    expect(await placeIn(Buffer.concat(claims))).toBe(null)
  })

  it("a name that is a list of lists of lists is never spelled out", async () => {
    // Each list has 28 pointers to the next one, 58 bytes on.
    const lists = Array.from({ length: 12 }, (_, depth) => {
      const next = 7 + 58 * (depth + 1)
      const pointer = [(1 << 5) | (next >> 8), next & 255]
      return Buffer.from([28, 4, ...Array.from({ length: 28 }, () => pointer).flat()])
    })
    const map = Buffer.from([(7 << 5) | 1, 1 << 5, 7, ...mmdbValue("DE"), 0])
    expect(await placeIn(Buffer.concat([map.subarray(0, 7), ...lists, mmdbValue("x")]))).toBe(null)
  })

  it("any byte of it may be wrong: an answer or none, and never a throw", async () => {
    const whole = mmdb({ "1.2.3.0/24": { country: { iso_code: "DE" }, asn: 1 } })
    const answers = new Set<unknown>()
    for (let at = 0; at < whole.length; at += 3) {
      const broken = Buffer.from(whole)
      broken[at] = (broken[at] ?? 0) ^ 0xff
      const answer = await openMmdb(fileOf(broken)).then(
        (database) => typeof database.placeOf("1.2.3.4"),
        (error: unknown) => (error instanceof InputError ? error.code : error),
      )
      answers.add(answer)
    }
    expect(answers).toEqual(new Set(["bad-value", "object"]))
  })
})
