import { describe, expect, test } from "vitest"
import {
  chanceOfSharing,
  isConstant,
  isIdentity,
  prefixOf,
  software,
  softwareOfId,
  softwareOfVersion,
} from "../../src/measure/clients.ts"
import { randomOf } from "./server.ts"

const hex = (text: string) => Buffer.from(text.padEnd(20, "kQ7z!bX2#mWp"), "latin1").toString("hex")
const familyOfId = (text: string) => softwareOfId(hex(text))?.family ?? null
const familyOfVersion = (v: string) => softwareOfVersion(v)?.family ?? null

test.each([
  ["-TR3000-", "Transmission 3.00", "Transmission"],
  ["-TR4060-", "Transmission 4.0.6", "Transmission"],
  ["-qB4520-", "qBittorrent/4.5.2", "qBittorrent"],
  ["-qB3310-", "qBittorrent v3.3.10", "qBittorrent"],
  ["-DE203s-", "Deluge/2.0.3 libtorrent/2.0.8.0", "Deluge"],
  ["-lt0D80-", "libTorrent 0.13.8", "rTorrent"],
  ["A2-1-36-0-", "aria2/1.36.0", "aria2"],
  ["-UT355S-", "µTorrent 3.5.5", "µTorrent"],
  ["-UT355W-", "μTorrent 3.5.5", "µTorrent"],
  ["-BT7950-", "BitTorrent 7.9.5", "µTorrent"],
  ["-AZ5760-", "Azureus 5.7.6.0", "Vuze"],
  ["-AZ5760-", "BiglyBT 3.2.0.0", "Vuze"],
  ["-BI3200-", "BiglyBT 3.2.0.0", "Vuze"],
  ["-KT51B0-", "KTorrent 5.1.2", "KTorrent"],
  ["-FW6850-", "FrostWire/6.8.5 libtorrent/1.2.7", "FrostWire"],
])("%s and %s are %s", (id, v, family) => {
  expect([familyOfId(id), familyOfVersion(v)]).toEqual([family, family])
})

test.each([
  ["the library of many", "-LT2080-", "libtorrent/2.0.8.0"],
  ["an anonymous one", "Q9#kd!", ""],
  ["one that isn't listed", "-XL0012-", "Xunlei 0.0.1"],
  ["a fork's own name", "-qx4520-", "qBittorrent Enhanced/4.5.2"],
  ["a sentence", "-TR30-", "not Transmission 3.00"],
])("%s names nobody of the list", (_, id, v) => {
  expect([familyOfId(id), familyOfVersion(v)]).toEqual([null, null])
})

test("each row says where it is from, and is told from all others by both columns", () => {
  expect(new Set(software.map(({ family }) => family)).size).toBe(software.length)
  for (const { source } of software) expect(source).not.toBe("")
})

describe("an identity", () => {
  const random = randomOf(11)
  const tail = (of: string) => Array.from({ length: 12 }, () => of[Math.floor(random() * of.length)]).join("")
  const letters = "0123456789abcdefghijklmnopqrstuvwxyz"

  test("is what a client that draws its ids shows", () => {
    for (let i = 0; i < 1_000; i++) expect(isIdentity(hex(`-TR4060-${tail(letters)}`))).toBe(true)
  })

  test.each([
    ["zeros", "-TR3000-000000000000"],
    ["counting", "-qB4520-123456789012"],
    ["an alphabet", "-TR3000-abcdefghijkl"],
    ["an example's", "-TR2940-k8hj0wgej6ch"],
    ["MonoTorrent's, which had one for all", "-MO1000-676515838224"],
  ])("is no constant: %s", (_, id) => {
    expect([isConstant(hex(id)), isIdentity(hex(id))]).toEqual([true, false])
  })

  test("is not what rTorrent, or software that isn't listed, shows", () => {
    for (const prefix of ["-lt0D80-", "-XX0001-", "A2-1-36-"]) {
      const id = hex(`${prefix}${tail(letters)}`)
      expect([isConstant(id), isIdentity(id)]).toEqual([false, false])
    }
  })
})

test("prefixes as text", () => {
  expect(["-TR3000-", "A2-1-36-0-", "\u0001\u0002"].map((id) => prefixOf(hex(id)))).toEqual([
    "-TR3000-",
    "A2-1-36-",
    "",
  ])
})

test("the chance of a coincidence bounds what happens: two of n who draw from few", () => {
  expect(chanceOfSharing(2, 2)).toBeCloseTo(1e-12, 20)
  expect(chanceOfSharing(1_000, 4)).toBeLessThan(1e-24)
  expect(chanceOfSharing(5, 1)).toBe(1)
})
