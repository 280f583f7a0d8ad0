import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { Ajv2020 } from "ajv/dist/2020.js"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Flags } from "../../src/commands/context.ts"
import { diff } from "../../src/commands/diff.ts"
import { historyOf } from "../../src/commands/keep.ts"
import { merge } from "../../src/commands/merge.ts"
import { labelOf } from "../../src/commands/merge/inputs.ts"
import { report } from "../../src/commands/report.ts"
import { jsonSchema } from "../../src/commands/schema.ts"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import type { Evidence } from "../../src/evidence.ts"
import { mergeSnapshots } from "../../src/merge.ts"
import { merged as schema } from "../../src/report/merged.ts"
import { redact } from "../../src/store/redact.ts"
import { redactionKey } from "../../src/store/state.ts"
import { anEvidence, aRun, aSample, aSeeder, aTorrent, at, range } from "../support/builders.ts"
import { commandContext } from "../support/command-context.ts"
import { runCli } from "../support/run-cli.ts"

let home = ""
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "torrent-audit-merge-"))
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

const peers = range(1, 30).map((host) =>
  aSeeder(host, { samples: range(0, 4).map((piece) => aSample((host * 4 + piece) % 16)) }),
)

const audited = (label: string | null, overrides: Partial<Evidence> = {}): Evidence => {
  const run = aRun({ id: `${label ?? "none"}${Object.keys(overrides).length}` })
  const vantage = { ...run.vantage, ...(label !== null && { label }) }
  return anEvidence({ run: { ...run, vantage }, peers, ...overrides })
}

const save = (name: string, evidence: Evidence): string => {
  const path = join(home, name)
  writeFileSync(path, JSON.stringify(snapshotOf(evidence)))
  return path
}

async function run(targets: readonly string[], flags: Flags = {}, command = merge, tty = true) {
  const context = commandContext(home, targets, flags)
  const status = await command({ ...context, terminal: { ...context.terminal, stdoutIsTty: tty } })
  return { status, out: context.out() }
}

const documentOf = async (targets: readonly string[], flags: Flags = {}, command = merge) =>
  schema.parse(JSON.parse((await run(targets, { json: true, redact: ["none"], ...flags }, command)).out))

const failure = (targets: readonly string[], flags: Flags = {}) =>
  run(targets, flags).then(
    () => null,
    (error: unknown) => error,
  )

describe("what is given", () => {
  test("places by their labels, and by the names of their files", async () => {
    const files = [
      save("Über uns.json", audited(null)),
      save("nyc.json", audited("ams")),
      save("ams.json", audited(null, { dht: null })),
    ]
    expect((await documentOf(files)).vantages.map(({ label }) => label)).toEqual(["ber-uns", "ams", "ams-2"])
  })

  test.each([
    ["/tmp/ams-1.json.gz", "ams-1"],
    ["Report (2).html", "report-2"],
    [`${"x".repeat(80)}.json`, "x".repeat(40)],
    ["../…/....json", "place"],
  ])("%s is %s", (path, label) => {
    expect(labelOf(path)).toBe(label)
  })

  test("one file, one run, one place: refused, and why", async () => {
    const [one, same] = [save("one.json", audited("ams")), save("same.json", audited("ams"))]
    const later = save(
      "later.json",
      audited("ams", {
        run: aRun({ id: "later", startedAt: at(9), vantage: { ...aRun().vantage, label: "ams" } }),
      }),
    )
    expect(await failure([])).toMatchObject({ code: "usage" })
    expect(await failure([one])).toMatchObject({
      code: "usage",
      message: expect.stringContaining("one snapshot given") as string,
    })
    expect(await failure([one, same])).toMatchObject({
      message: expect.stringContaining("of the same run") as string,
    })
    expect(await failure([one, later])).toMatchObject({
      message: expect.stringContaining("from ams") as string,
      hint: expect.stringContaining("--vantage") as string,
    })
  })

  test("different torrents: both hashes are named; a hybrid's two are one", async () => {
    const [v1, v2] = ["aa".repeat(20), "bb".repeat(32)]
    const of = (label: string, infoHashV1: string | null, infoHashV2: string | null) =>
      save(`${label}.json`, audited(label, { torrent: aTorrent({ infoHashV1, infoHashV2 }) }))
    const [a, b, both, other] = [
      of("a", v1, null),
      of("b", null, v2),
      of("c", v1, v2),
      of("d", "cc".repeat(20), null),
    ]
    expect(await failure([a, other])).toMatchObject({
      code: "usage",
      message: expect.stringMatching(new RegExp(`${v1}.*${"cc".repeat(20)}`)) as string,
    })
    expect(await failure([a, b])).toMatchObject({ code: "usage" })
    expect((await documentOf([a, b, both])).torrent).toMatchObject({ infoHashV1: v1, infoHashV2: v2 })
  })

  test("more audits than one document holds: refused, and how many", async () => {
    const [one, other] = ["a", "b"].map((label) => {
      const runs = range(0, 300).map((n) => audited(label, { run: aRun({ id: `${label}${n}` }), peers: [] }))
      const path = join(home, `many-${label}.json`)
      const [first] = runs
      const document = mergeSnapshots(first ? [{ label, snapshot: first }] : [], "0.0.0")
      writeFileSync(
        path,
        JSON.stringify({ ...document, vantages: [{ ...document.vantages[0], rounds: runs }] }),
      )
      return path
    })
    expect(await failure([one!, other!])).toMatchObject({
      code: "usage",
      message: "600 audits given, and 500 is the most",
    })
  })

  test("what was merged before, and another place", async () => {
    const saved = join(home, "two.json.gz")
    const [a, b, c] = ["a", "b", "c"].map((label) => save(`${label}.json`, audited(label)))
    await run([a!, b!], { out: [saved], redact: ["none"] })
    expect((await documentOf([saved, c!])).vantages.map(({ label }) => label)).toEqual(["a", "b", "c"])
  })
})

test("what is kept of a torrent, from each place that was audited lately the last six of a day", async () => {
  const kept = await historyOf(commandContext(home))
  const add = (label: string | null, id: string, startedAt: string) =>
    kept.add(
      snapshotOf({
        ...audited(label),
        run: { ...aRun({ id, startedAt }), vantage: { ...aRun().vantage, ...(label !== null && { label }) } },
      }),
    )
  await add("ams", "00000001", "2026-03-10T09:00:00.000Z")
  for (const [n, minute] of ["01", "02", "03", "04", "05", "06", "07"].entries())
    await add("ams", `0000001${n}`, `2026-03-14T09:${minute}:00.000Z`)
  await add("nyc", "00000020", "2026-03-14T09:02:30.000Z")
  await add(null, "00000030", "2026-03-14T09:09:00.000Z")
  await add("sgp", "00000040", "2026-03-14T06:00:00.000Z")
  await add("\u001b[31m", "00000050", "2026-03-14T05:00:00.000Z")
  await kept.close()
  const hash = anEvidence().torrent.infoHashV1 ?? ""
  const spoken = commandContext(home, [], { last: [hash], json: true, redact: ["none"] })
  await merge(spoken)
  expect(spoken.err()).toBe("note: left out, as audited more than 3 h before the last: sgp\n")
  const { vantages } = schema.parse(JSON.parse(spoken.out()))
  expect(
    vantages.map(({ label, rounds }) => [label, rounds.map(({ run: { id } }) => id).toSorted()]),
  ).toEqual([
    ["ams", ["00000011", "00000012", "00000013", "00000014", "00000015", "00000016"]],
    ["nyc", ["00000020"]],
  ])
  expect(await failure(["x.json"], { last: [hash] })).toMatchObject({ code: "usage" })
  expect(await failure([], { last: ["nothing"] })).toMatchObject({ code: "no-file" })
})

describe("what comes out", () => {
  const two = () => [save("a.json", audited("a")), save("b.json", audited("b"))]

  test("files, each of which can be read again; the document fits the schema that is printed", async () => {
    const files = ["x.json", "x.json.gz", "x.html"].map((name) => join(home, name))
    await run(two(), { out: files, redact: ["none"] })
    const document = await documentOf(two())
    expect(JSON.parse(gunzipSync(readFileSync(files[1]!)).toString())).toEqual(document)
    for (const file of files) expect(await documentOf([file], {}, report)).toEqual(document)
    const validate = new Ajv2020({ strict: false, formats: { "date-time": true } }).compile(jsonSchema())
    validate(document)
    expect(validate.errors ?? []).toEqual([])
  })

  test.each([
    ["format", "prom"],
    ["format", "nagios"],
    ["format", "ndjson"],
    ["out", "x.prom"],
    ["out", "x.xml"],
  ] as const)("--%s %s has no room for several places", async (flag, value) => {
    expect(await failure(two(), { [flag]: [value] })).toMatchObject({ code: "out-format" })
  })

  test("the exit status of the verdict, and -q", async () => {
    expect((await run(two())).status).toBe(0)
    expect(await run(two(), { quiet: true })).toEqual({ status: 0, out: "" })
    const dead = two()[0]!
    const lacking = save(
      "l.json",
      audited("l", {
        peers: [
          aSeeder(1, {
            samples: [aSample(3, { verified: false }), aSample(4, { verified: false })],
            outcome: "bad-data",
          }),
          ...peers,
        ],
      }),
    )
    const found = await run([dead, lacking])
    expect(found.status).toBe(1)
    expect((await run([dead, lacking], { "fail-on": ["critical"] })).status).toBe(0)
  })

  test("limits of today, when it is shown again", async () => {
    const saved = join(home, "limits.json")
    await run(two(), { out: [saved] })
    expect((await run([saved], { "min-seeders": ["100"] }, report)).status).toBe(2)
    await expect(run([saved], { "max-age": ["1h"] }, report)).rejects.toMatchObject({ code: "usage" })
    await expect(run([saved, saved], {}, diff)).rejects.toMatchObject({
      code: "bad-snapshot",
      message: expect.stringContaining("of several places") as string,
    })
  })
})

describe("names of peers", () => {
  const address = peers[0]!.address
  const local = () => redactionKey(join(home, "torrent-audit"))

  test("are renamed in files and pipes unless told otherwise, all alike", async () => {
    const files = [save("a.json", audited("a")), save("b.json", audited("b"))]
    const saved = join(home, "saved.json")
    const piped = await run(files, { json: true, out: [saved] }, merge, false)
    for (const text of [piped.out, readFileSync(saved, "utf8")]) {
      expect(text).not.toContain(`"${address}"`)
      expect(schema.parse(JSON.parse(text)).swarm).toMatchObject({ reached: 29, because: null })
    }
    expect((await run(files, { json: true })).out).toContain(`"${address}"`)
  })

  test("a record renamed with this machine's key fits one that is not renamed yet", async () => {
    const files = [save("a.json", audited("a")), save("b.json", redact(audited("b"), "prefix", local()))]
    expect((await documentOf(files)).swarm).toMatchObject({ reached: 29, because: null })
    const full = [files[0]!, save("f.json", redact(audited("f"), "full", local()))]
    expect((await documentOf(full)).swarm).toMatchObject({ reached: 29, because: null })
  })

  test("of two machines can't be matched: it says so, and what to do", async () => {
    const keys = [1, 2].map((n) => new Uint8Array(32).fill(n))
    const files = keys.map((key, i) => save(`${i}.json`, redact(audited(`place-${i}`), "prefix", key)))
    const { out } = await run(files)
    expect(out.replaceAll(/\s+/g, " ")).toContain(
      "peers were renamed with different keys, and can't be matched: save them with --redact none, or with one redaction.key",
    )
    expect(out.replaceAll(/\s+/g, " ")).toContain("How many can be reached is not known")
    expect((await documentOf(files)).swarm.population).toBeNull()
  })
})

test("as a process: the document alone on standard output, and an error as one", async () => {
  const files = [save("a.json", audited("a")), save("b.json", audited("b"))]
  const good = await runCli(["merge", ...files, "--json"])
  expect(good).toMatchObject({ status: 0, err: "" })
  expect(schema.parse(JSON.parse(good.out)).vantages).toHaveLength(2)
  const bad = await runCli(["merge", files[0]!, join(home, "nothing.json"), "--json"])
  expect(bad.status).toBe(65)
  expect(JSON.parse(bad.out)).toMatchObject({ run: null, error: { code: "no-file" } })
  expect((await runCli(["merge", ...files, "--min-seeders", "3"])).status).toBe(64)
})
