/** When an audit speaks, how often it looks before that, and what the watchdog hears. */
import http from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, it, onTestFinished, test } from "vitest"
import { confirmed, pinged } from "../../src/commands/alerts.ts"
import type { Flags } from "../../src/commands/context.ts"
import { deliver } from "../../src/commands/deliver.ts"
import { historyOf } from "../../src/commands/keep.ts"
import { pingAt } from "../../src/commands/alerts/ping.ts"
import { alertOptions, outputOptions } from "../../src/commands/request.ts"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import type { Evidence, Run } from "../../src/evidence.ts"
import { InputError } from "../../src/failure.ts"
import { aFailedAnnounce, anEvidence, aRun, aTracker } from "../support/builders.ts"
import { ownContext, type OwnContext } from "../support/own-context.ts"

let runs = 0
const of = (run: Partial<Run> = {}, overrides: Partial<Evidence> = {}): Evidence =>
  anEvidence({ run: aRun({ id: (++runs).toString(16).padStart(8, "0"), ...run }), ...overrides })

const well = () => of()
const held = (level: "warning" | "critical") =>
  of({
    thresholds: {
      minSeeders: null,
      minAvailability: null,
      strict: false,
      [level]: [{ metric: "seeders", low: 9, high: null, inside: false }],
    },
  })
const warned = () => held("warning")
const critical = () => held("critical")
const dead = aTracker({
  url: "http://bt2.example.org/announce",
  protocol: "http",
  announces: [aFailedAnnounce("refused")],
})
/** Two audits warn: the limit's and dead-tracker. */
const worse = () => ({ ...warned(), trackers: [aTracker(), dead] })
const interrupted = () => of({ complete: false, stopReason: "interrupted" })

describe("--only-changes", () => {
  const flags = { "only-changes": true, quiet: true } as const
  const says = async (context: OwnContext, evidence: Evidence, more: Flags = {}): Promise<string> => {
    await deliver(evidence, outputOptions({ ...flags, ...more }), context)
    return context.out().split("  ")[0]?.split("\n")[0] ?? ""
  }

  it("a new state, one RECOVERED, and nothing between", async () => {
    const context = ownContext(flags)
    const said: string[] = []
    for (const audit of [well, well, warned, warned, worse, warned, worse, critical, critical, well, well])
      said.push(await says(context, audit()))
    expect(said).toEqual(["", "", "▲ WARNING", "", "▲ WARNING", "", "", "✗ CRITICAL", "", "✓ RECOVERED", ""])
    expect(context.err()).toBe("")
  })

  it("RECOVERED is one line, and names what was told", async () => {
    const context = ownContext(flags)
    await says(context, critical())
    context.out()
    await deliver(well(), outputOptions(flags), context)
    expect(context.out()).toMatch(
      /^✓ RECOVERED {2}example {2}was CRITICAL, last told \d{4}-\d\d-\d\d \d\d:\d\d UTC\n$/,
    )
  })

  it("once a day what still is wrong", async () => {
    const context = ownContext(flags)
    await says(context, warned())
    const toldAgo = async (hours: number) => {
      const history = await historyOf(context)
      const { infoHashV1 } = anEvidence().torrent
      const told = await history.told(infoHashV1 ?? "")
      if (told === null) throw new Error("nothing was told")
      const at = new Date(Date.now() - hours * 3_600_000).toISOString()
      await history.tell(infoHashV1 ?? "", { ...told, at })
      await history.close()
    }
    await toldAgo(23)
    expect(await says(context, warned())).toBe("")
    await toldAgo(23.8)
    expect(await says(context, warned())).toMatch(/^Reminder: nothing new since /)
    expect(await says(context, warned())).toBe("")
    await toldAgo(-5)
    expect(await says(context, warned())).toMatch(/^Reminder/)
  })

  it("Ctrl-C is no state of the swarm", async () => {
    const context = ownContext(flags)
    await says(context, well())
    expect(await says(context, interrupted())).toBe("? UNKNOWN")
    expect(await says(context, well())).toBe("")
  })

  it("silences the text only: who reads another format waits for a document", async () => {
    const context = ownContext(flags)
    await deliver(well(), outputOptions({ ...flags, json: true }), context)
    expect(JSON.parse(context.out())).toMatchObject({ verdict: { status: "ok" } })
  })

  it("needs the history", () => {
    expect(() => outputOptions({ "only-changes": true, "no-history": true })).toThrow(
      expect.objectContaining({ code: "usage", message: "--only-changes with --no-history" }) as Error,
    )
  })
})

test("-q prints nothing when all is well, and everything when it is not", async () => {
  const context = ownContext()
  const output = outputOptions({ quiet: true })
  await deliver(well(), output, context)
  expect(context.out()).toBe("")
  await deliver(warned(), output, context)
  expect(context.out()).toMatch(/^▲ WARNING/)
})

describe("--confirm", () => {
  /** Gathers these in turn; how many were, and what was the answer. */
  async function confirm(n: number, audits: readonly (() => Evidence)[], more = ownContext) {
    let gathered = 0
    const context = more({ confirm: [String(n)], pace: ["lab"] })
    const evidence = await confirmed(async () => {
      const audit = audits[gathered++]
      if (audit === undefined) throw new Error("one too many")
      return Promise.resolve(audit())
    }, context)
    return `${gathered} ${snapshotOf(evidence).verdict.status}`
  }

  it("looks once where nothing is wrong, and where nothing is to be confirmed", async () => {
    expect(await confirm(3, [well])).toBe("1 ok")
    expect(await confirm(1, [critical])).toBe("1 critical")
  })

  it("what has passed at the second look is what is reported; else what all agree on", async () => {
    const [passed, agreed, milder] = await Promise.all([
      confirm(3, [critical, well]),
      confirm(2, [critical, critical]),
      confirm(2, [warned, critical]),
    ])
    expect([passed, agreed, milder]).toEqual(["2 ok", "2 critical", "2 warning"])
  })

  it("a second look that fails, or is stopped, leaves the first", async () => {
    const failing = () => {
      throw new InputError("locked", "audit already running (pid 4711)", "Wait.")
    }
    expect(await Promise.all([confirm(2, [warned, failing]), confirm(2, [critical, interrupted])])).toEqual([
      "2 warning",
      "2 critical",
    ])
  })

  it("Ctrl-C ends it", async () => {
    const stop = new AbortController()
    const context = ownContext({ confirm: ["2"] }, { stop: stop.signal })
    const evidence = await confirmed(() => {
      stop.abort("interrupted")
      return Promise.resolve(critical())
    }, context)
    expect(snapshotOf(evidence).verdict.status).toBe("critical")
  })

  it("takes 1 to 10", () => {
    expect(() => alertOptions({ confirm: ["0"] })).toThrow("--confirm 0: out of range")
    expect(() => alertOptions({ confirm: ["11"] })).toThrow("--confirm 11: out of range")
  })
})

describe("--ping", () => {
  interface Ping {
    path: string
    method: string
    text: string
  }
  type Answer = { status: number; location?: string } | "none"

  async function watchdog(answer: (path: string) => Answer = () => ({ status: 200 })) {
    const heard: Ping[] = []
    const server = http.createServer((request, response) => {
      let text = ""
      request.setEncoding("utf8").on("data", (more: string) => (text += more))
      request.on("end", () => {
        heard.push({ path: request.url ?? "", method: request.method ?? "", text })
        const given = answer(request.url ?? "")
        if (given === "none") request.socket.destroy()
        else response.writeHead(given.status, given.location ? { location: given.location } : {}).end("OK")
      })
    })
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
    onTestFinished(() => void server.close())
    return { heard, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }

  const done = (evidence: Evidence, exit: number) => () =>
    Promise.resolve({ snapshots: [snapshotOf(evidence)], exit })

  it("/start, then the nagios line to the exit status", async () => {
    const { heard, url } = await watchdog()
    const context = ownContext({ ping: [`${url}/0b1c?x=1`] })
    expect(await pinged(context, done(warned(), 1))).toMatchObject({ exit: 1 })
    expect(heard.map(({ path, method }) => `${method} ${path}`)).toEqual([
      "POST /0b1c/start?x=1",
      "POST /0b1c/1?x=1",
    ])
    expect(heard[1]?.text).toMatch(/^TORRENT WARNING - 2 seeders, .*\| seeders=2;9: /)
    expect(context.err()).toBe("")
  })

  it("an error too: by the status that the process will end with", async () => {
    const { heard, url } = await watchdog()
    const context = ownContext({ ping: [url] })
    const failing = () => Promise.reject(new InputError("no-file", "no such file: x", ""))
    await expect(pinged(context, failing)).rejects.toThrow("no such file")
    const asPlugin = ownContext({ ping: [url], format: ["nagios"] })
    await expect(pinged(asPlugin, failing)).rejects.toThrow("no such file")
    expect(heard.map(({ path }) => path)).toEqual(["/start", "/65", "/start", "/3"])
    expect(heard[1]?.text).toBe("TORRENT UNKNOWN - no such file: x\n")
  })

  it.each<[string, (path: string) => Answer, string]>([
    ["an error", () => ({ status: 503 }), "http-status, 503"],
    ["a closed connection", () => "none", "closed"],
    ["a redirect elsewhere", () => ({ status: 302, location: "http://127.0.0.2/x" }), "bad-redirect, 302"],
    ["a loop", (path) => ({ status: 307, location: path }), "bad-redirect, too many"],
  ])("%s is one warning without the key, and changes nothing", async (_, answer, why) => {
    const { url } = await watchdog(answer)
    const context = ownContext({ ping: [`${url}/secret`] })
    expect(await pinged(context, done(well(), 0))).toMatchObject({ exit: 0 })
    expect(context.err()).toBe(`warning: the watchdog at ${new URL(url).host} could not be told (${why})\n`)
  })

  it("follows a redirect on the same host", async () => {
    const { heard, url } = await watchdog((path) =>
      path.startsWith("/old") ? { status: 308, location: path.replace("/old", "/new") } : { status: 200 },
    )
    const context = ownContext({ ping: [`${url}/old`] })
    await pinged(context, done(well(), 0))
    expect(context.err()).toBe("")
    expect(heard.filter(({ path }) => path === "/new/0")).toHaveLength(1)
  })

  it("nobody there is a warning as well", async () => {
    const context = ownContext({ ping: ["http://127.0.0.1:1/x"] })
    expect(await pinged(context, done(critical(), 2))).toMatchObject({ exit: 2 })
    expect(context.err()).toBe(
      "warning: the watchdog at 127.0.0.1:1 could not be told (refused, ECONNREFUSED)\n",
    )
  })

  it("of several targets tells the status alone", async () => {
    const { heard, url } = await watchdog()
    await pinged(ownContext({ ping: [url] }), () => Promise.resolve({ exit: 2 }))
    expect(heard[1]).toMatchObject({ path: "/2", text: "TORRENT CRITICAL - several torrents\n" })
  })

  it("keeps what comes after the path", () => {
    expect(pingAt(new URL("https://hc-ping.com/0b1c/"), "start").href).toBe("https://hc-ping.com/0b1c/start")
    expect(pingAt(new URL("https://x.example"), "0").href).toBe("https://x.example/0")
  })

  it.each(["ftp://x.example", "hc-ping.com/0b1c", "javascript:1", "https://me:key@x.example"])(
    "%s is refused",
    (url) => {
      expect(() => alertOptions({ ping: [url] })).toThrow("--ping: not a web address")
    },
  )
})
