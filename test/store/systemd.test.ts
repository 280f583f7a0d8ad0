/** Units as text and as files. What systemd makes of them: test/system/systemd.test.ts. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { Scheduled } from "../../src/store/scheduled.ts"
import {
  installUnits,
  removeUnits,
  scheduledUnits,
  unitPlace,
  type UnitPlace,
} from "../../src/store/systemd.ts"
import { scheduledIn, unitsOf } from "../../src/store/systemd/units.ts"

let folder: string
let place: UnitPlace
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-units-"))
  place = { directory: join(folder, "systemd", "user"), forMachine: false, runs: false }
})
afterEach(() => rmSync(folder, { recursive: true }))

const plain: Scheduled = {
  on: "systemd",
  id: "9f86d081",
  expression: "17 */6 * * *",
  environment: {},
  words: ["/usr/bin/node", "/opt/torrent-audit.js", "-q", "/srv/x.torrent"],
  mailto: null,
}
const lineOf = (unit: string, name: string) =>
  unit
    .split("\n")
    .filter((line) => line.startsWith(`${name}=`))
    .map((line) => line.slice(name.length + 1))

describe("unitsOf", () => {
  it("runs at the times, late ones too, and spread", () => {
    const { service, timer } = unitsOf(plain, false)
    expect(lineOf(service, "ExecStart")).toEqual(["/usr/bin/node /opt/torrent-audit.js -q /srv/x.torrent"])
    expect(lineOf(service, "Type")).toEqual(["oneshot"])
    expect(timer).toContain(
      "[Timer]\nOnCalendar=*-*-* 00,06,12,18:17:00\nPersistent=true\nRandomizedDelaySec=15m\n\n[Install]\nWantedBy=timers.target\n",
    )
    const often = unitsOf({ ...plain, expression: "*/5 * * * *" }, false)
    expect(lineOf(often.timer, "RandomizedDelaySec")).toEqual(["1m"])
  })

  it.each([
    ["/srv/50% of it", '"/srv/50%% of it"'],
    ["$HOME", "$$HOME"],
    ['say "no"', String.raw`"say \"no\""`],
    [String.raw`a\x20b`, String.raw`"a\\x20b"`],
    ["it's", `"it's"`],
    [";", '";"'],
    ["", '""'],
    ["magnet:?xt=urn:btih:77&tr=http%3A", '"magnet:?xt=urn:btih:77&tr=http%%3A"'],
  ])("escapes %s", (word, written) => {
    const { service } = unitsOf({ ...plain, words: ["/n", word] }, false)
    expect(lineOf(service, "ExecStart")).toEqual([`/n ${written}`])
  })

  it("has env start a program whose path systemd would not take", () => {
    const { service } = unitsOf({ ...plain, words: ["/my $nodes/node", "/t"] }, false)
    expect(lineOf(service, "ExecStart")).toEqual(['/usr/bin/env "/my $$nodes/node" /t'])
  })

  it("carries what the shell knew, where a dollar is a dollar", () => {
    const { service } = unitsOf({ ...plain, environment: { XDG_STATE_HOME: "/s $t%" } }, false)
    expect(lineOf(service, "Environment")).toEqual(['"XDG_STATE_HOME=/s $t%%"'])
  })

  it("protects the machine from it, but not what it is told to write", () => {
    const machine = unitsOf(plain, true).service
    expect(machine).toContain("\nProtectSystem=full\n")
    expect(machine).toContain("\nAfter=network-online.target\n")
    expect(unitsOf({ ...plain, words: ["/n", "/t", "-o", "/usr/share/x.html"] }, true).service).not.toContain(
      "ProtectSystem",
    )
    expect(unitsOf(plain, false).service).not.toMatch(/Protect|network-online/)
  })
})

describe("units as files", () => {
  it("are written once, replaced, listed and removed, and nothing else is touched", async () => {
    const full = { ...plain, environment: { XDG_STATE_HOME: "/s" }, words: ["/n", "it's \u2028 50%\\"] }
    await installUnits(place, plain)
    await installUnits(place, full)
    await installUnits(place, { ...plain, id: "00000001" })
    writeFileSync(join(place.directory, "torrent-audit-00000002.service"), "[Service]\nExecStart=/mine\n")
    writeFileSync(join(place.directory, "other.timer"), "[Timer]\n")
    expect(scheduledUnits(place)).toEqual([{ ...plain, id: "00000001" }, full])
    expect(await removeUnits(place, "9f86d081")).toBe(true)
    expect(await removeUnits(place, "9f86d081")).toBe(false)
    expect(readdirSync(place.directory).toSorted()).toEqual([
      "other.timer",
      "torrent-audit-00000001.service",
      "torrent-audit-00000001.timer",
      "torrent-audit-00000002.service",
    ])
  })

  it("says which file can't be written", async () => {
    writeFileSync(join(folder, "systemd"), "")
    await expect(installUnits(place, plain)).rejects.toMatchObject({ code: "cant-write" })
    expect(existsSync(place.directory)).toBe(false)
    expect(scheduledUnits(place)).toEqual([])
  })

  it.each([
    "not json",
    "[]",
    "null",
    '{"expression":1,"words":[],"environment":{}}',
    '{"expression":"x","words":[1],"environment":{}}',
    '{"expression":"x","words":[],"environment":{"A":{}}}',
  ])("passes over a service that says %s", (said) => {
    expect(scheduledIn("9f86d081", `# torrent-audit schedule ${said}\n[Service]\n`)).toBeNull()
  })
})

describe("where systemd runs", () => {
  const path = process.env["PATH"]
  afterEach(() => {
    process.env["PATH"] = path
  })

  /** In the place of systemctl, which can do nothing here: it notes what it is told. */
  function standIn(script: string): () => string[] {
    const file = join(folder, "told")
    writeFileSync(join(folder, "systemctl"), `#!/bin/sh\necho "$@" >> ${file}\n${script}\n`, { mode: 0o755 })
    process.env["PATH"] = `${folder}:${path}`
    return () => readFileSync(file, "utf8").trim().split("\n")
  }

  it("is told of what comes and goes", async () => {
    const told = standIn("")
    const running = { ...place, runs: true }
    await installUnits(running, plain)
    await removeUnits({ ...running, forMachine: true }, plain.id)
    expect(told()).toEqual([
      "--user daemon-reload",
      "--user enable --now torrent-audit-9f86d081.timer",
      "--user restart torrent-audit-9f86d081.timer",
      "disable --now torrent-audit-9f86d081.timer",
      "daemon-reload",
    ])
  })

  it("passes on why it refuses; the units are there", async () => {
    standIn("echo 'Failed to connect to bus' >&2; exit 1")
    await expect(installUnits({ ...place, runs: true }, plain)).rejects.toMatchObject({
      code: "no-systemd",
      message: "systemctl --user daemon-reload: Failed to connect to bus",
      hint: expect.stringContaining("XDG_RUNTIME_DIR"),
    })
    expect(readdirSync(place.directory)).toHaveLength(2)
  })
})

it("belongs to the machine with root, to the user otherwise", () => {
  expect(unitPlace({ XDG_CONFIG_HOME: folder }, 0)).toMatchObject({
    directory: "/etc/systemd/system",
    forMachine: true,
  })
  expect(unitPlace({ XDG_CONFIG_HOME: folder }, 1000)).toMatchObject({
    directory: join(folder, "systemd/user"),
    forMachine: false,
  })
  expect(unitPlace({ XDG_CONFIG_HOME: "relative" }, 1000).directory).toMatch(
    /^\/.*\/\.config\/systemd\/user$/,
  )
})
