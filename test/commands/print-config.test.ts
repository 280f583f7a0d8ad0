import { afterAll, describe, expect, it } from "vitest"
import { printConfig } from "../../src/commands/config/print.ts"
import { configurations, type Given } from "../support/configurations.ts"

const { configure, end } = configurations()
afterAll(end)

describe("--print-config", () => {
  async function printed(given: Given): Promise<string> {
    let text = ""
    const terminal = { out: (part: string | Uint8Array) => void (text += String(part)), ascii: false }
    printConfig(await configure(given), terminal)
    return text
  }

  const given: Given = {
    line: "x --lsd --ping https://hc.example/secret-uuid --print-config",
    environment: { TORRENT_AUDIT_TIMEOUT: "5m" },
    user: { noDht: true, tracker: ["https://t.example/0123456789abcdef0123456789abcdef/announce"] },
    named: { proxy: "socks5://joe:secret@[::1]:1080", every: "1h" },
  }

  it("names every value and where it comes from", async () => {
    const text = await printed(given)
    const lineOf = (option: string) => text.split("\n").find((line) => line.startsWith(`  ${option} `))
    expect(lineOf("--timeout")).toMatch(/ 5m +TORRENT_AUDIT_TIMEOUT$/)
    expect(lineOf("--lsd")).toMatch(/ yes +command line$/)
    expect(lineOf("--no-dht")).toMatch(/ yes +\/.*config\.json$/)
    expect(lineOf("--max-peers")).toMatch(/ 200 +default$/)
    expect(lineOf("--every")).toMatch(/ 1h +\/.*named\.json$/)
    expect(text).toMatch(
      /named\.json \(--config\)\n.*config\.json \(XDG_CONFIG_HOME\)\n.*etc\.json \(this machine's; not there\)/,
    )
    expect(lineOf("--ping")).toMatch(/ https:\/\/hc\.example\/\*\*\* +command line$/)
    expect(text).not.toMatch(/secret|0123456789abcdef/)
  })

  it("as one JSON document", async () => {
    const document = JSON.parse(await printed({ ...given, line: "x --print-config --json" })) as {
      options: { key: string; value: unknown; origin: string }[]
      error: null
    }
    expect(document.error).toBe(null)
    const of = (key: string) => document.options.find((each) => each.key === key)
    expect(of("timeout")).toMatchObject({ value: "5m", origin: "TORRENT_AUDIT_TIMEOUT" })
    expect(of("proxy")).toMatchObject({ value: "socks5://joe:***@[::1]:1080" })
    expect(of("tracker")).toMatchObject({ value: ["https://t.example/***/announce"] })
    expect(of("lsd")).toMatchObject({ value: false, origin: "default" })
  })
})
