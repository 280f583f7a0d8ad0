import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import {
  defaultGateway,
  directoryFact,
  fileLimit,
  ownAddresses,
} from "../../../src/commands/doctor/machine.ts"

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), "doctor-"))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
function fileOf(text: string): string {
  const file = join(scratch(), "file")
  writeFileSync(file, text)
  return file
}

describe("what the machine tells", () => {
  test("its addresses, but neither loopback nor link-local ones", () => {
    expect(ownAddresses(["127.0.0.1", "::1", "fe80::1", "192.168.1.5", "192.168.1.5", "2600::7"])).toEqual([
      { host: "192.168.1.5", family: "ipv4", kind: "private" },
      { host: "2600::7", family: "ipv6", kind: "public" },
    ])
  })

  test.each([
    ["1024                 524288", { soft: 1024, unlimited: false }],
    ["unlimited            unlimited", { soft: null, unlimited: true }],
  ])("the limit of open files: %s", async (columns, expected) => {
    const file = fileOf(
      `Limit                     Soft Limit           Hard Limit\nMax open files            ${columns}  files\n`,
    )
    expect(await fileLimit(file)).toEqual(expected)
  })

  test("the limit without /proc is Node's word", async () => {
    const { soft, unlimited } = await fileLimit("/nowhere")
    expect(unlimited || (soft ?? 0) > 10).toBe(true)
  })

  const head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
  test.each([
    ["no default route", "eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"],
    ["a default route without a gateway", "tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"],
    ["garbage", "eth0\t00000000\tZZ\t0003\n\n\n"],
    ["an interface that we don't have", "none9\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"],
  ])("no gateway: %s", async (_, line) => {
    expect(await defaultGateway(fileOf(head + line))).toBeNull()
  })

  test("the gateway of the route with the least metric", async () => {
    const route = (gateway: string, metric: number) =>
      `lo\t00000000\t${gateway}\t0003\t0\t0\t${metric}\t00000000\t0\t0\t0\n`
    const file = fileOf(head + route("0900007F", 600) + route("0100007F", 100))
    expect(await defaultGateway(file)).toEqual({ host: "127.0.0.1", ours: "127.0.0.1" })
  })

  test("directories: made, probed, left empty; or why not", async () => {
    const directory = scratch()
    const made = join(directory, "a", "b")
    expect(await directoryFact("state", made)).toEqual({ what: "state", path: made, failure: null })
    expect(readdirSync(made)).toEqual([])
    writeFileSync(join(directory, "file"), "")
    mkdirSync(join(directory, "c"))
    expect(await directoryFact("cache", join(directory, "file"))).toMatchObject({ failure: "ENOTDIR" })
    expect(await directoryFact("cache", join(directory, "file", "x"))).toMatchObject({ failure: "ENOTDIR" })
  })
})
