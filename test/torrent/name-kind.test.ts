import { describe, expect, test } from "vitest"
import {
  admits,
  hostKind,
  nameKind,
  type AddressKind,
  type AddressRules,
} from "../../src/torrent/endpoint.ts"

const kinds: [string, AddressKind][] = [
  ["tracker.example.org", "public"],
  ["tracker.example.org.", "public"],
  ["xn--bcher-kva.example", "public"],
  ["localhost", "loopback"],
  ["LOCALHOST", "loopback"],
  ["localhost.", "loopback"],
  ["a.localhost", "loopback"],
  ["localhost.localdomain", "loopback"],
  ["LocalHost.LocalDomain.", "loopback"],
  ["tracker", "private"],
  ["tracker.local", "private"],
  ["Tracker.LAN.", "private"],
  ["metadata.google.internal", "private"],
  ["nas.home.arpa", "private"],
  ["2130706433", "never"],
  ["0x7f000001", "never"],
  ["127.1", "never"],
  ["10.0.0.010", "never"],
  ["tracker.0x7f", "never"],
  ["1.2.3.4.5", "never"],
  ["", "never"],
  [".", "never"],
  ["a..b", "never"],
  ["a b", "never"],
  ["[::1]", "never"],
  [`${"x".repeat(64)}.org`, "never"],
]

describe("names that only a proxy looks up", () => {
  test.each(kinds)("%s", (name, kind) => {
    expect(nameKind(name)).toBe(kind)
  })

  test("what is an address is judged as one", () => {
    expect(["127.0.0.1", "::1", "10.1.2.3", "169.254.169.254", "1.1.1.1"].map(hostKind)).toEqual([
      "loopback",
      "loopback",
      "private",
      "never",
      "public",
    ])
  })

  const rules = (more: Partial<AddressRules>): AddressRules => ({
    allowLocal: false,
    allowLoopback: false,
    refusePublic: false,
    ...more,
  })
  test.each<[string, Partial<AddressRules>, boolean]>([
    ["tracker.example.org", {}, false],
    ["tracker.example.org", { allowNames: true }, true],
    ["tracker.example.org", { allowNames: true, refusePublic: true }, false],
    ["tracker.local", { allowNames: true }, false],
    ["tracker.local", { allowNames: true, allowLocal: true }, true],
    ["localhost", { allowNames: true, allowLocal: true }, false],
    ["localhost", { allowNames: true, allowLoopback: true }, true],
    ["127.0.0.1", { allowNames: true }, false],
    ["127.1", { allowNames: true, allowLocal: true, allowLoopback: true }, false],
  ])("%s with %j", (host, more, admitted) => {
    expect(admits(rules(more), host, 80)).toBe(admitted)
  })
})
