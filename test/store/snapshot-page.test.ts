/** A report is a snapshot too: what `-o x.html` saved reads back as what `-o x.json` saved. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import type { Evidence } from "../../src/evidence.ts"
import { renderHtml } from "../../src/render/html.ts"
import { readSnapshot, serialise, writeSnapshot } from "../../src/store/snapshot-file.ts"
import { anEvidence, aTorrent } from "../support/builders.ts"
import { runCli } from "../support/run-cli.ts"

let directory = ""
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "torrent-audit-"))
})
afterAll(() => rm(directory, { recursive: true }))

const page = (evidence: Evidence): string =>
  renderHtml(snapshotOf(evidence), { history: [], commandLine: null })

const evil = anEvidence({
  torrent: aTorrent({
    name: `</script><script type="application/json" id="snapshot">{}</script> <!-- \u2028 \ud800 "\\`,
  }),
})

async function saved(name: string, data: string | Uint8Array): Promise<string> {
  const file = join(directory, name)
  await writeFile(file, data)
  return file
}

describe("a page that was saved", () => {
  it.each([
    ["plain", anEvidence()],
    ["hostile", evil],
  ])("reads back byte for byte, %s", async (name, evidence) => {
    const file = await saved(`${name}.html`, page(evidence))
    const json = join(directory, `${name}.json`)
    await writeSnapshot(json, snapshotOf(evidence))
    expect(serialise(await readSnapshot(file))).toBe(await readFile(json, "utf8"))
  })

  it("reads back gzipped, and with what a server or an editor puts before it", async () => {
    const text = page(anEvidence())
    const wanted = snapshotOf(anEvidence())
    expect(await readSnapshot(await saved("zipped.html", gzipSync(text)))).toEqual(wanted)
    expect(
      await readSnapshot(await saved("edited.html", `\ufeff\n  ${text.replaceAll("\n", "\r\n")}`)),
    ).toEqual(wanted)
  })

  it.each([
    ["a version that is no text", '{"schemaVersion":{"toString":1}}'],
    ["another page", "<!doctype html><title>x</title>"],
    ["one cut in the middle", page(anEvidence()).slice(0, -2_000)],
    [
      "one whose snapshot was replaced",
      page(anEvidence()).replace(/(id="snapshot">)[^<]*/, '$1{"schemaVersion":"1.0"}'),
    ],
    [
      "one of another major version",
      page(anEvidence()).replace(/(id="snapshot">\{"schemaVersion":")1/, "$12"),
    ],
  ])("refuses %s", async (name, text) => {
    const file = await saved(`${name.replaceAll(" ", "-")}.html`, text)
    await expect(readSnapshot(file)).rejects.toMatchObject({ code: "bad-snapshot" })
  })
})

it("report old.html --json prints what report old.json --json prints, and the page of it again is the same page", async () => {
  const json = join(directory, "old.json")
  await writeSnapshot(json, snapshotOf(evil))
  const html = join(directory, "old.html")
  const again = join(directory, "again.html")
  const env = { XDG_STATE_HOME: directory, XDG_CONFIG_HOME: directory, XDG_CACHE_HOME: directory }
  const report = (...args: string[]) =>
    runCli(["report", ...args, "--json", "--redact", "none", "--fail-on", "never"], { env })
  const fromJson = await report(json, "-o", html)
  const fromHtml = await report(html, "-o", again)
  expect(fromJson.err + fromHtml.err).toBe("")
  expect(fromJson.out).toBe(await readFile(json, "utf8"))
  expect(fromHtml.out).toBe(fromJson.out)
  const withoutCommand = (text: string) => text.replace(/<dt>command line<\/dt>\s*<dd>.*?<\/dd>/s, "")
  expect(withoutCommand(await readFile(again, "utf8"))).toBe(withoutCommand(await readFile(html, "utf8")))
})
