/** What a configuration may not say: the file, the key, and what would have been right. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { InputError } from "../../src/failure.ts"
import { configurations, type Given } from "../support/configurations.ts"

const { folder, configure, end } = configurations()
afterAll(end)

async function refused(given: Given): Promise<[code: string, message: string, hint: string]> {
  const thrown: unknown = await configure(given).catch((error: unknown) => error)
  if (thrown instanceof InputError)
    return [thrown.code, thrown.message.replace(`${folder}/torrent-audit/`, ""), thrown.hint]
  throw new TypeError(`accepted: ${JSON.stringify(given)}`)
}

describe("mistakes", () => {
  it.each<[Given, string, string]>([
    [{ user: { maxPeer: 50 } }, "config.json: `maxPeer` unknown", "Did you mean maxPeers?"],
    [{ user: { "max-peers": 50 } }, "config.json: `max-peers` unknown", "Did you mean maxPeers?"],
    [
      { user: { nonsense: 1 } },
      "config.json: `nonsense` unknown",
      "Keys are option names: see `torrent-audit help config`.",
    ],
    [{ user: { maxPeers: "50" } }, "config.json: `maxPeers` is not a whole number", 'Write "maxPeers": 3.'],
    [{ user: { maxPeers: 0 } }, "config.json: maxPeers 0: out of range", "Use 1 to 100000."],
    [{ user: { maxPeers: 1.5 } }, "config.json: maxPeers 1.5: not a whole number", "Use 0 to 1000000."],
    [{ user: { noDht: "yes" } }, "config.json: `noDht` is not true or false", 'Write "noDht": true.'],
    [{ user: { timeout: "3" } }, "config.json: timeout 3: unit missing", "Use 3s, 3m or 3h."],
    [{ user: { timeout: 3 } }, "config.json: `timeout` is not a text", 'Write "timeout": "3m".'],
    [{ user: { pace: "fats" } }, "config.json: pace fats: unknown choice", "Did you mean fast?"],
    [
      { user: { tracker: [1] } },
      "config.json: `tracker` is not a list of texts",
      'Write "tracker": ["URL"].',
    ],
    [
      { user: { peer: ["here"] } },
      "config.json: peer here: not an address and port",
      "Use 192.0.2.7:6881 or [2001:db8::7]:6881.",
    ],
    [
      { user: { proxy: "http://a" } },
      "config.json: proxy: not a socks5:// URL",
      "Use socks5://host:1080 or socks5://user:password@host:1080.",
    ],
    [{ user: { yes: true } }, "config.json: `yes` can't be set there", "Say --yes on the command line."],
    [
      { user: { config: "x" } },
      "config.json: `config` can't be set there",
      "Say --config on the command line.",
    ],
    [{ user: "[]" }, "config.json: not an object", 'Write { "maxPeers": 50 }.'],
    [
      { user: '{\n  "top": 5,\n}' },
      "config.json: not JSON at line 3, column 1",
      "JSON has no comments and no comma after the last entry; names and texts stand in double quotes.",
    ],
    [
      { environment: { TORRENT_AUDIT_MAX_PEER: "5" } },
      "TORRENT_AUDIT_MAX_PEER unknown",
      "Did you mean TORRENT_AUDIT_MAX_PEERS?",
    ],
    [
      { environment: { TORRENT_AUDIT_LSD: "yes" } },
      "TORRENT_AUDIT_LSD=yes: not a switch",
      "Use 1, true, 0 or false.",
    ],
    [
      { environment: { TORRENT_AUDIT_TIMEOUT: "3" } },
      "TORRENT_AUDIT_TIMEOUT 3: unit missing",
      "Use 3s, 3m or 3h.",
    ],
    [
      { environment: { TORRENT_AUDIT_PRUNE: "3d" } },
      "TORRENT_AUDIT_PRUNE can't be set there",
      "Say --prune on the command line.",
    ],
  ])("%j", async (given, message, hint) => {
    expect(await refused(given)).toEqual(["bad-config", message, hint])
  })

  it("a file that was named has to be there, be a file, and be small", async () => {
    const read = (path: string) => refused({ line: `x --config ${path}` })
    expect((await read(join(folder, "none.json")))[1]).toMatch(/^cannot read .*none\.json: no such file$/)
    expect((await read(folder))[1]).toMatch(/is a directory$/)
    expect((await read("/dev/zero"))[1]).toMatch(/is not a regular file$/)
    writeFileSync(join(folder, "large.json"), " ".repeat(65 * 1024))
    expect((await read(join(folder, "large.json")))[1]).toMatch(/is larger than 64 KiB$/)
  })

  it("hostile keys are cut, and none of them is a property of an object", async () => {
    for (const key of ["__proto__", "constructor", "toString", "x".repeat(10_000)])
      expect((await refused({ user: `{"${key}": 1}` }))[1].length).toBeLessThan(100)
  })
})
