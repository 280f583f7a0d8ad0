/** nginx as a web seed in every state that a web seed may be in: the right verdict for each, and no step inward. */
import { readFileSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { WebSeed } from "../../../src/evidence.ts"
import { auditSwarm, trackersOnly } from "../audit.ts"
import { encode } from "../bencode.ts"
import { problems } from "../compare.ts"
import { downloadWith } from "../download.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { startNginx } from "../nginx.ts"
import type { Payload } from "../payload.ts"
import { tail, until } from "../processes.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { measureUplinks, MiB } from "../swarm.ts"
import { check, equal, kibPerSecond, percent, table } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

const uplink = 8 * MiB
const sizeBytes = 32 * MiB + 12_345
const tolerance = 0.1
const mostRequests = 16
const tripwire = fileURLToPath(new URL("../tripwire.ts", import.meta.url))
const inward = ["127.0.0.1:9999", "169.254.169.254:80"] as const

/** Ports of the one nginx, by what is wrong with the site. */
const ports = {
  good: 8001,
  wrong: 8002,
  shorter: 8003,
  rangeless: 8004,
  loopback: 8005,
  linkLocal: 8006,
  moved: 8007,
  gone: 8008,
  busy: 8009,
} as const
type Site = keyof typeof ports

const expected: Record<Site, string[]> = {
  good: [],
  wrong: ["stale-webseed"],
  shorter: ["stale-webseed"],
  rangeless: ["rangeless-webseed"],
  loopback: ["moved-webseed"],
  linkLocal: ["moved-webseed"],
  moved: ["moved-webseed"],
  gone: ["moved-webseed"],
  busy: [],
}

/** The same info in a .torrent that names web seeds. */
function withWebSeeds(payload: Payload, directory: string, name: string, urls: readonly string[]): string {
  const file = join(directory, `${name}.torrent`)
  const announce = payload.trackers[0]?.[0] ?? ""
  const parts = [
    Buffer.from("d8:announce"),
    encode(announce),
    Buffer.from("4:info"),
    payload.infoBytes,
    Buffer.from("8:url-list"),
    encode([...urls]),
    Buffer.from("e"),
  ]
  writeFileSync(file, Buffer.concat(parts))
  return file
}

export const webSeeds: Scenario = {
  name: "web-seeds",
  title: "nginx as web seed: good, stale, without ranges, moved, gone, busy, and redirecting inward",
  audits: true,
  beside: 1,
  async run(stage) {
    const { lab, auditor } = stage
    const payload = payloadFor(stage, "web-seeds", opentrackerTiers(stage.tracker).slice(0, 1), sizeBytes)
    await startOpentracker(lab, stage.tracker, payload.infoHash)
    const web = await lab.addHost("web", { isolated: false })
    await lab.shape(web, uplink)
    const folder = (name: string) => join(web.directory, name)
    payload.writeTo(folder("good"), "all")
    payload.writeTo(folder("wrong"), [])
    payload.writeTo(folder("shorter"), "all")
    const disc = join(folder("shorter"), payload.name, "disc.img")
    truncateSync(disc, readFileSync(disc).length - 1)
    const good = `http://${web.ipv4}:${ports.good}`
    const lines: Record<Site, string[]> = {
      good: [`root ${folder("good")};`],
      wrong: [`root ${folder("wrong")};`],
      shorter: [`root ${folder("shorter")};`],
      rangeless: [`root ${folder("good")};`, "max_ranges 0;"],
      loopback: [`return 302 http://${inward[0]}/;`],
      linkLocal: [`return 302 http://${inward[1]}/latest/meta-data/;`],
      moved: [`return 301 ${good}$request_uri;`],
      gone: ["return 404;"],
      busy: ["return 503;"],
    }
    const names = Object.keys(ports) as Site[]
    const nginx = await startNginx(
      lab,
      web,
      names.map((name) => ({ port: ports[name], lines: lines[name] })),
    )
    const urlOf = (name: Site) => `http://${web.ipv4}:${ports[name]}/`
    const [carried = 0] = await measureUplinks(lab, auditor, [web], 2_000)

    await lab.run(auditor, "ip", ["addr", "add", "169.254.169.254/32", "dev", "lo"])
    const wires = lab.start(auditor, process.execPath, [tripwire, ...inward])
    const said = (what: string) =>
      inward.filter((place) => tail(wires.logFile, 100).includes(`${what} ${place}`))
    await until("the tripwires", 10_000, () => said("set").length === inward.length || null)

    const target = withWebSeeds(payload, web.directory, "nine", names.map(urlOf))
    const audited = await auditSwarm(
      stage,
      payload,
      ["--pace", "lab", "--timeout", "40s", ...trackersOnly],
      target,
    )
    const { snapshot, ended } = audited
    const met = said("met")
    for (const place of inward)
      await lab.attempt(auditor, process.execPath, ["-e", `fetch("http://${place}/").catch(() => {})`], {
        cwd: auditor.directory,
        env: {},
        timeoutMs: 5_000,
      })

    const requests = new Map(names.map((name) => [name, nginx.requests(ports[name])]))
    const seedOf = (name: Site): WebSeed | undefined =>
      snapshot.webSeeds.find(({ url }) => url === urlOf(name))
    const found = problems(snapshot)
    const accused = (name: Site) =>
      found.filter(({ subject }) => subject === `webseed:${urlOf(name)}`).map(({ audit }) => audit)
    const rate = seedOf("good")?.goodputBytesPerSecond ?? null
    const rows = names.map((name) => {
      const seed = seedOf(name)
      const right = seed?.samples?.filter(({ verified }) => verified === true).length ?? 0
      return [
        name,
        String(requests.get(name)?.length ?? 0),
        String(right),
        seed?.failure?.code ?? "–",
        accused(name).join(" ") || "–",
        kibPerSecond(seed?.goodputBytesPerSecond?.value ?? null),
      ]
    })

    const alone = { ...payload, torrentFile: withWebSeeds(payload, web.directory, "good", [urlOf("good")]) }
    const client = await lab.addHost("client", { isolated: false })
    const control = await downloadWith(libtorrent, { lab, host: client, payload: alone, timeoutMs: 30_000 })

    const { verdict, swarm } = snapshot
    return {
      tables: [
        table([["site", "requests", "right", "failure", "accused of", "KiB/s"], ...rows]),
        `    ${verdict.status}: ${verdict.because}; ${(ended.ms / 1_000).toFixed(1)} s; libtorrent took ${control.ms.toFixed(0)} ms from the good one`,
      ],
      checks: [
        ...audited.checks,
        ...names.map((name) => equal(`${name}: accused of`, accused(name), expected[name])),
        ...(["good", "moved"] as const).map((name) =>
          check(
            `${name}: pieces verified`,
            (seedOf(name)?.samples ?? []).some(({ verified }) => verified === true) &&
              (seedOf(name)?.samples ?? []).every(
                ({ verified, failure }) => verified === true || failure?.code === "aborted",
              ),
          ),
        ),
        check(
          "the good one: rate",
          rate !== null && Math.abs(rate.value / carried - 1) <= tolerance,
          `${kibPerSecond(rate?.value ?? null)} of ${kibPerSecond(carried)}: ${percent((rate?.value ?? 0) / carried)}`,
        ),
        equal("ranges", [seedOf("good")?.rangeSupported, seedOf("rangeless")?.rangeSupported], [true, false]),
        equal("lengths", [seedOf("good")?.lengthsRight, seedOf("shorter")?.lengthsRight], [true, false]),
        equal(
          "the moved one: where to",
          seedOf("moved")?.redirects?.every(({ to, failure }) => to.startsWith(good) && failure === null),
          true,
        ),
        ...(["loopback", "linkLocal"] as const).map((name, i) =>
          equal(
            `${name}: the redirect is recorded, and refused`,
            [...new Set(seedOf(name)?.redirects?.map(({ to, failure }) => `${to} ${failure?.code}`))],
            [`${["http://127.0.0.1:9999/", "http://169.254.169.254/latest/meta-data/"][i]} bad-redirect`],
          ),
        ),
        equal("nobody came to the inward places", met, []),
        equal("who would have come there would have been seen", said("met"), [...inward]),
        ...names.map((name) => {
          // What the moved one is asked for comes to the good one as well.
          const most = name === "good" ? 2 * mostRequests : mostRequests
          const asked = requests.get(name) ?? []
          const ours = asked.filter((line) => line.includes("torrent-audit/"))
          return check(
            `${name}: few requests, all under our own name`,
            asked.length > 0 && asked.length <= most && ours.length === asked.length,
            `${asked.length}`,
          )
        }),
        equal("the verdict", [verdict.status, verdict.downloadable], ["warning", "yes"]),
        equal("what only web seeds have", swarm.webSeeds, {
          asked: 9,
          whole: 2,
          onlyThere: payload.pieceCount,
        }),
        equal(
          "nobody else is accused",
          found.filter(({ subject }) => !subject.startsWith("webseed:")).map(({ audit }) => audit),
          [],
        ),
      ],
    }
  },
}
