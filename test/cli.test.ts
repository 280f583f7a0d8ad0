/** Each input error: its code, hint and exit status; on `--json`, one document all the same. */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { encode, type BencodeValue } from "../src/torrent/bencode.ts"
import { runCli } from "./support/run-cli.ts"

let folder: string
const write = (name: string, data: Uint8Array | string) => writeFileSync(join(folder, name), data)

const dictionary = (entries: Record<string, BencodeValue>): BencodeValue => new Map(Object.entries(entries))
const text = (value: string) => new TextEncoder().encode(value)

const torrent = (pieces: number, hashes: number) =>
  encode(
    dictionary({
      announce: text("http://127.0.0.1:1/announce"),
      info: dictionary({
        length: pieces * 16_384,
        name: text("payload"),
        "piece length": 16_384,
        pieces: new Uint8Array(20 * hashes),
      }),
    }),
  )

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-cli-"))
  write("page.torrent", "<!DOCTYPE html><html><body>Log in</body></html>")
  write("noise.torrent", "hello")
  write("zipped.torrent", new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]))
  write("short.torrent", torrent(4, 4).subarray(0, 90))
  write("resume.torrent", encode(dictionary({ "file-format": text("libtorrent resume file") })))
  write("pieces.torrent", torrent(5, 4))
  write("good.torrent", torrent(4, 4))
  write("bomb.torrent", "l-3:")
  write("bad.json", JSON.stringify({ maxPeer: 50 }))
  write("future.json", JSON.stringify({ schemaVersion: "2.0" }))
})
afterAll(() => rmSync(folder, { recursive: true }))

const run = (line: string, options = {}) =>
  runCli(line.split(" ").filter(Boolean), { cwd: folder, ...options })

describe("input errors", () => {
  it.each([
    ["repotr", 65, "no-file", "no such file: repotr", "Did you mean command `report`?"],
    ["docter", 65, "no-file", "no such file: docter", "Did you mean command `doctor`?"],
    ["histroy good.torrent", 65, "no-file", "no such file: histroy", "Did you mean command `history`?"],
    [
      "page.torrent",
      65,
      "is-html",
      "page.torrent is a web page",
      "Your download saved a login or error page.",
    ],
    ["noise.torrent", 65, "not-bencode", "not a torrent: bad byte at offset 0", "Check the download"],
    ["zipped.torrent", 65, "not-bencode", "not a torrent: bad byte at offset 0", "gunzip"],
    ["bomb.torrent", 65, "not-bencode", "not a torrent: bad byte at offset 1", "Check the download"],
    ["short.torrent", 65, "truncated", "torrent ends early at byte 90", "Download again."],
    ["resume.torrent", 65, "no-info", "no `info` dictionary", "resume data"],
    ["pieces.torrent", 65, "bad-pieces", "4 hashes for 5 pieces", "Rebuild the torrent."],
    ["magnet:?dn=x", 65, "bad-magnet", "magnet has no btih/btmh", "Quote it: `&` ends shell commands."],
    [
      "012345678901234567890123456789012345678",
      65,
      "bad-hash",
      "info-hash has 39 hex digits",
      "v1 needs 40, v2 64.",
    ],
    [
      "good.torrent --min-seed 3",
      64,
      "unknown-flag",
      "unknown option --min-seed",
      "Did you mean --min-seeders?",
    ],
    ["good.torrent --timeout 3", 64, "bad-value", "--timeout 3: unit missing", "Use 3s, 3m or 3h."],
    ["good.torrent -o report", 64, "out-format", "cannot tell format of `report`", "Add .html, .json"],
    [
      "report future.json",
      65,
      "bad-snapshot",
      "snapshot schema 2.0 is newer than mine",
      "Upgrade torrent-audit.",
    ],
    [
      "report good.torrent",
      65,
      "bad-snapshot",
      "good.torrent is not a snapshot",
      "Pass a file that torrent-audit saved",
    ],
    ["/dev/zero", 65, "no-file", "/dev/zero is not a regular file", "Pass one file"],
    ["report /dev/zero", 65, "no-file", "/dev/zero is not a regular file", "Pass one file"],
    [
      "inspect --format xml good.torrent",
      64,
      "bad-value",
      "--format xml: unknown choice",
      "Use text, json, ndjson, prom, nagios, atom.",
    ],
    [
      "good.torrent --config bad.json",
      78,
      "bad-config",
      "bad.json: `maxPeer` unknown",
      "Did you mean maxPeers?",
    ],
    [
      "good.torrent -w seeders<1",
      64,
      "bad-range",
      "'seeders<1' is not a range",
      "Alert below 1: `seeders=1:`.",
    ],
    [
      `${"a".repeat(40)} --no-dht`,
      3,
      "no-sources",
      "no trackers, and DHT is off",
      "Drop --no-dht or add --tracker.",
    ],
    [
      `magnet:?xt=urn:btih:${"a".repeat(40)}&tr=http://t.example/${"b".repeat(32)}/announce`,
      3,
      "private-magnet",
      "magnet's tracker URL holds a passkey",
      "Pass the .torrent; DHT could leak it.",
    ],
    [
      "good.torrent --mmdb good.torrent",
      64,
      "bad-value",
      "--mmdb good.torrent: not a MaxMind database",
      "Give a .mmdb file",
    ],
    [
      "good.torrent --rounds 3",
      64,
      "usage",
      "--rounds is an option of watch",
      "torrent-audit watch good.torrent --rounds …",
    ],
    ["help corupt-data", 64, "usage", "no help on corupt-data", "Did you mean help corrupt-data?"],
    ["completion fish", 64, "usage", "no completion for fish", "torrent-audit completion bash, or zsh"],
    ["", 64, "usage", "no target given", "torrent-audit file.torrent"],
    ["schema file.torrent", 64, "usage", "schema takes no target: file.torrent", "torrent-audit help"],
    ["demo file.torrent", 64, "usage", "demo takes no target: file.torrent", "torrent-audit help"],
    [
      "good.torrent --depth scrape -o /nonexistent/x.json --timeout 5s",
      70,
      "cant-write",
      "cannot write /nonexistent/x.json: no such directory",
      "Choose",
    ],
  ])("%s", async (line, status, code, message, hint) => {
    // On standard error as for people, on standard output as the one document of --json.
    const ran = await run(`${line} --json`)
    expect(ran.err).toContain(`error[${code}]: ${message}`)
    expect(ran.err.split("\n").find((each) => each.startsWith("  hint: "))).toContain(hint)
    expect(ran.status).toBe(status)
    const document = JSON.parse(ran.out.trim().split("\n").at(-1) ?? "") as { error: { code: string } }
    expect(document.error.code).toBe(code)
  })

  it("`-` without a pipe", () => {
    const cli = join(import.meta.dirname, "..", "src", "cli.ts")
    const command = `${process.execPath} ${cli} -`
    // script(1) is where a terminal comes from; its two dialects take the command differently.
    const args =
      process.platform === "darwin"
        ? ["-q", "/dev/null", "sh", "-c", command]
        : ["-qec", command, "/dev/null"]
    const env = { ...process.env, NO_COLOR: "1" }
    const { stdout, status } = spawnSync("script", args, { encoding: "utf8", env })
    expect(stdout).toContain("error[stdin-tty]: `-` expects piped data")
    expect(stdout).toContain("cat x.torrent | torrent-audit -")
    expect(status).toBe(64)
  })

  it("too old a Node gets one clear line, before anything else is read", () => {
    const bin = readFileSync(join(import.meta.dirname, "..", "bin", "torrent-audit.js"), "utf8")
    const pretend = bin.replace(/^#!.*\n/, "").replace("process.versions.node", '"20.20.2"')
    const { stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", pretend], {
      encoding: "utf8",
    })
    expect(stderr).toMatch(/^error\[old-node\]: Node 20\.20 is too old: 24 or newer is needed\n {2}hint: /)
    expect(status).toBe(3)
  })
})

describe("the command line", () => {
  it("reads a torrent from a pipe", async () => {
    const ran = await run("inspect -", { stdin: readFileSync(join(folder, "good.torrent")) })
    expect(ran.out).toContain("payload")
    expect(ran.status).toBe(0)
  })

  it("comes back where no state can be kept: the home of some services is /proc", async () => {
    const home = existsSync("/proc/self") ? "/proc" : "/dev/null"
    const ran = await run(
      "good.torrent --depth handshake -T lab --allow-local --no-dht --timeout 1s --json",
      {
        env: { HOME: home, XDG_STATE_HOME: "", XDG_CACHE_HOME: "", XDG_CONFIG_HOME: "" },
      },
    )
    expect(JSON.parse(ran.out)).toMatchObject({ error: null })
    expect(ran.status).toBe(3)
  })

  it("watch --json prints one document a round, also where it can't be saved", async () => {
    mkdirSync(join(folder, "gone"))
    const local = "--depth handshake -T lab --allow-local --no-dht --timeout 1s --no-history"
    const ran = await run(`watch good.torrent ${local} --every 1s --rounds 2 --json -o gone/x.json`, {
      onOutput: {
        match: /schemaVersion/,
        act: () => rmSync(join(folder, "gone"), { recursive: true, force: true }),
      },
    })
    const documents = ran.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { error: unknown })
    expect(documents.map(({ error }) => error)).toEqual([null, null])
    expect(ran.err).toContain("error[cant-write]: cannot write gone/x.json")
  })

  it("helps in at most 24 lines of at most 80 columns", async () => {
    const { out, status } = await run("--help")
    const lines = out.trimEnd().split("\n")
    expect(lines.length).toBeLessThanOrEqual(24)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(status).toBe(0)
    const options = (await run("help options")).out
    expect(options).toContain("--max-download SIZE")
    expect(options.split("\n").filter((line) => line.length > 80)).toEqual([])
  })
})
