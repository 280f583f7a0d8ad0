import { describe, expect, it } from "vitest"
import { parse } from "../../src/commands/parse.ts"
import { bindAddresses, gatherOptions, outputOptions } from "../../src/commands/request.ts"
import { InputError } from "../../src/failure.ts"

const commands = ["audit", "scrape", "peers", "watch", "report", "inspect", "history", "help"]
const words = (line: string) => parse(line.split(" ").filter(Boolean), commands)

/** The error's code and hint, from whichever step refuses the line. */
async function refused(line: string): Promise<[string, string, string]> {
  try {
    const { flags } = await words(line)
    gatherOptions(flags)
    outputOptions(flags)
    bindAddresses(flags)
  } catch (error) {
    if (error instanceof InputError) return [error.code, error.message, error.hint]
    throw error
  }
  throw new Error(`accepted: ${line}`)
}

describe("the command line", () => {
  it.each([
    ["x.torrent", "audit", ["x.torrent"]],
    ["scrape x.torrent", "scrape", ["x.torrent"]],
    ["-", "audit", ["-"]],
    ["scrape - -T lab", "scrape", ["-"]],
    ["0000000000000000000000000000000000000000", "audit", ["0000000000000000000000000000000000000000"]],
    ["-- --odd-name", "audit", ["--odd-name"]],
    ["--help", "help", []],
    ["x.torrent -h", "help", []],
    ["help", "help", ["topics"]],
    ["help canary", "help", ["canary"]],
    ["scrape --help", "help", ["scrape"]],
    ["watch x.torrent --every --help", "help", ["watch"]],
    ["--json true", "audit", []],
    ["--version", "help", ["version"]],
  ])("%s", async (line, command, targets) => {
    expect(await words(line)).toMatchObject({ command, targets })
  })

  it("takes -4 and -6 as flags, not as numbers", async () => {
    expect(gatherOptions((await words("-4 x")).flags).families).toEqual(["ipv4"])
    expect(gatherOptions((await words("x -6")).flags).families).toEqual(["ipv6"])
    expect(gatherOptions((await words("x -4 -6")).flags).families).toEqual(["ipv4", "ipv6"])
  })

  it("takes a flag back, by =false or by its opposite", async () => {
    expect(await words("x --no-dht=false --lsd=true -v")).toMatchObject({
      flags: { lsd: true, verbose: true },
      off: ["no-dht"],
    })
    expect(await words("x --dht --no-lsd y")).toEqual({
      command: "audit",
      targets: ["x", "y"],
      flags: {},
      off: ["no-dht", "lsd"],
    })
    expect((await words("x --lsd")).off).toBe(undefined)
  })

  it("leaves what comes after -- alone", async () => {
    expect(await words("-- --json=maybe --every")).toMatchObject({
      targets: ["--json=maybe", "--every"],
      flags: {},
    })
  })

  it("repeats lists, and lets the last single value win", async () => {
    const { flags } = await words(
      "x --tracker http://a.example/announce --tracker udp://b.example:1 --top 3 --top 9",
    )
    expect(gatherOptions(flags).trackers).toEqual(["http://a.example/announce", "udp://b.example:1"])
    expect(outputOptions(flags).top).toBe(9)
  })

  it("reads values with their units", async () => {
    const { flags } = await words(
      "x --timeout 90s --max-download 1.5GiB --min-availability 2.5 --peer [2001:DB8::7]:6881",
    )
    expect(gatherOptions(flags)).toMatchObject({
      timeoutMs: 90_000,
      maxDownloadBytes: 1.5 * 2 ** 30,
      peers: ["[2001:db8::7]:6881"],
      thresholds: { minAvailability: 2.5, minSeeders: null },
    })
  })

  it.each([
    ["x --min-seed 3", "unknown-flag", "unknown option --min-seed", "Did you mean --min-seeders?"],
    ["x --traker http://a", "unknown-flag", "unknown option --traker", "Did you mean --tracker?"],
    ["x -x", "unknown-flag", "unknown option -x", "See `torrent-audit help options`."],
    ["x --timeout 3", "bad-value", "--timeout 3: unit missing", "Use 3s, 3m or 3h."],
    ["x --timeout 3w", "bad-value", "--timeout 3w: unknown unit w", "Use 3s, 3m or 3h."],
    ["x --timeout", "bad-value", "--timeout: value missing", "Use --timeout TIME."],
    ["x --timeout=-3s", "bad-value", "--timeout -3s: not a number with a unit", "Use 3s, 3m or 3h."],
    ["x --max-download 12", "bad-value", "--max-download 12: unit missing", "Use 12KiB, 12MiB or 12GiB."],
    ["x --min-seeders abc", "bad-value", "--min-seeders abc: not a whole number", "Use 0 to 1000000."],
    ["x --pace fats", "bad-value", "--pace fats: unknown choice", "Did you mean fast?"],
    ["x --port 70000", "bad-value", "--port 70000: out of range", "Use 1 to 65535."],
    [
      "x --tracker ftp://a",
      "bad-value",
      "--tracker ftp://a: not a tracker URL",
      "Use http://, https://, udp://, ws:// or wss:// and a host.",
    ],
    [
      "x --peer nowhere",
      "bad-value",
      "--peer nowhere: not an address and port",
      "Use 192.0.2.7:6881 or [2001:db8::7]:6881.",
    ],
    ["x --json=maybe", "bad-value", "--json=maybe: it takes no value", "Use --json or --json=false."],
    ["x --dht --no-dht", "usage", "--no-dht and --dht contradict each other", "Leave one of them out."],
    [
      "x --every 3h",
      "usage",
      "--every is an option of watch, schedule, fleet",
      "torrent-audit watch x --every …",
    ],
    ["inspect x --confirm 3", "usage", "inspect takes no --confirm", "See `torrent-audit help inspect`."],
    ["scrape x --depth full", "usage", "scrape takes no --depth", "See `torrent-audit help scrape`."],
    ["histroy --prune 3d", "usage", "--prune is an option of history", "Did you mean command `history`?"],
    ["report x --no-pex=false", "usage", "report takes no --no-pex", "See `torrent-audit help report`."],
    [
      "x -o report",
      "out-format",
      "cannot tell format of `report`",
      "Add .html, .json, .json.gz, .ndjson, .prom or .xml.",
    ],
  ])("refuses %s", async (line, ...expected) => {
    expect(await refused(line)).toEqual(expected)
  })

  it("refuses a local address that isn't here", async () => {
    expect((await refused("x --bind nosuchif0"))[1]).toBe("--bind nosuchif0: no such address or interface")
  })
})
