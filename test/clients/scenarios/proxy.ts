/**
 * Through a SOCKS5 proxy: real clients audited as always, while by the packets that leave us everything goes to the proxy, a
 * tracker's name included. microsocks has no UDP: what would need it is off, and said. A proxy that dies ends no record.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { auditSwarm, runCommand } from "../audit.ts"
import { startCapture } from "../capture.ts"
import { checkNoAccusation, compare } from "../compare.ts"
import { aria2 } from "../drivers/aria2.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { kindsOf, knownOf } from "../found.ts"
import type { Host } from "../netns.ts"
import { strided } from "../payload.ts"
import { pause, tail, until, type Child } from "../processes.ts"
import { payloadFor, type Scenario, type Stage } from "../scenario.ts"
import { MiB, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { check, equal, table } from "../table.ts"
import { opentrackerPort, opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

const port = 1080
const login = { user: "auditor", password: "lab:pass@word" }
/** Only the proxy's host knows it. */
const trackerName = "tracker.lan"

export const proxy: Scenario = {
  name: "proxy",
  title: "through a SOCKS5 proxy: the same record, and no packet of ours to anybody but the proxy",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab, auditor } = stage
    const payload = payloadFor(stage, "proxied", opentrackerTiers(stage.tracker), 8 * MiB)
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const proxyHost = await lab.addHost("proxy", { isolated: false })
    const plan = { uplinkBytesPerSecond: null }
    const plans: Plan[] = [
      { ...plan, driver: libtorrent, holding: "all" },
      { ...plan, driver: transmission, holding: strided(payload, 2, 1) },
      { ...plan, driver: aria2, holding: "all" },
      { ...plan, driver: qbittorrent, holding: strided(payload, 4, 3) },
    ]
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)

    const url = (password = login.password) =>
      `socks5://${login.user}:${encodeURIComponent(password)}@${proxyHost.ipv4}:${port}`
    const named = `http://${trackerName}:${opentrackerPort}/announce`
    const flags = ["--pace", "lab", "--tracker", named, "--dht-bootstrap", `${stage.tracker.ipv4}:6881`]
    const running = await startMicrosocks(stage, proxyHost)
    const through = await captured(stage, proxyHost, () =>
      auditSwarm(stage, payload, [...flags, "--proxy", url()]),
    )
    const refused = await captured(stage, proxyHost, () =>
      runCommand(stage, auditor, [payload.torrentFile, "--allow-local", "--proxy", url("wr0ng"), "--json"]),
    )
    const straight = await captured(stage, proxyHost, () =>
      auditSwarm(stage, payload, ["--pace", "lab", "--no-dht", "--no-pex"]),
    )
    const killed = await auditAndKill()

    const { snapshot } = through.result
    const compared = compare(snapshot, await knownOf(members))
    const rows = [["packets", "to the proxy", "to anybody else"]]
    for (const [name, { toProxy, elsewhere }] of Object.entries({
      "with --proxy": through,
      "login refused": refused,
      without: straight,
    }))
      rows.push([name, `${toProxy}`, `${elsewhere}`])
    const byName = snapshot.trackers.find(({ url }) => url === named)
    const byUdp = snapshot.trackers.find(({ protocol }) => protocol === "udp")
    const { contact, discovery } = snapshot.run
    // The proxy itself is how the others see us.
    const known = new Set([proxyHost.ipv4, ...members.flatMap(({ address, host }) => [address, host.ipv6])])
    const strangers = snapshot.peers
      .map(({ address }) => address)
      .filter((address) => !known.has(address.replace(/:\d+$/, "").replace(/^\[|\]$/g, "")))
    return {
      tables: [compared.table, table(rows)],
      checks: [
        ...through.result.checks,
        ...compared.checks,
        // Peers tell of each other once a minute, which a slow run lives to hear.
        ...members.map((member) =>
          check(
            `${member.host.name}: named by the tracker`,
            kindsOf(snapshot, member).includes("tracker"),
            kindsOf(snapshot, member).join(", "),
          ),
        ),
        equal("strangers", strangers, []),
        checkNoAccusation(snapshot),
        check("packets went to the proxy", through.toProxy > 100, `${through.toProxy}`),
        equal("packets to anybody else", through.elsewhere, 0),
        check(
          "without a proxy, the same capture sees peers and tracker",
          straight.elsewhere > 100,
          `${straight.elsewhere}`,
        ),
        equal("the tracker that only the proxy can find answered", byName?.announces[0]?.ok, true),
        equal("the UDP tracker was not asked", byUdp?.announces[0]?.failure?.code, "unsupported"),
        equal("DHT is off", discovery?.dht, "off"),
        equal("the record says what was off", contact, {
          encryption: "prefer",
          utp: false,
          proxy: true,
          off: ["incoming connections", "LSD", "DHT", "UDP trackers", "uTP"],
        }),
        check("no password in the record", !JSON.stringify(snapshot).includes("pass@word")),
        equal("login refused: exit code", refused.result.code, 3),
        check(
          "login refused: says so",
          /user and password refused/.test(refused.result.stdout),
          refused.result.stdout,
        ),
        equal("login refused: packets to anybody else", refused.elsewhere, 0),
        ...killed,
      ],
    }

    async function auditAndKill() {
      const began = performance.now()
      const audit = auditSwarm(stage, payload, [
        "--pace",
        "fast",
        "--timeout",
        "40s",
        "--no-dht",
        "--proxy",
        url(),
      ])
      audit.catch(() => {})
      const before = (tail(running.logFile, 10_000).match(/connected to/g) ?? []).length
      await until("peers through the proxy", 20_000, () =>
        (tail(running.logFile, 10_000).match(/connected to/g) ?? []).length > before + 3 ? true : null,
      )
      // Their handshakes come after that.
      await pause(1_000)
      process.kill(running.pid, "SIGKILL")
      const { snapshot, checks } = await audit
      const seconds = (performance.now() - began) / 1_000
      const refusing = snapshot.peers.filter(
        ({ address, attempts }) =>
          !address.startsWith(`${proxyHost.ipv4}:`) &&
          attempts.some(({ failure }) => failure?.code === "refused"),
      )
      return [
        ...checks.map((each) => ({ ...each, what: `proxy killed: ${each.what}` })),
        check("proxy killed: ended in time", seconds < 45, `${seconds.toFixed(1)} s`),
        check("proxy killed: peers that were met stay in the record", snapshot.swarm.funnel.identified > 0),
        equal(
          "proxy killed: nobody is said to have refused us",
          refusing.map(({ address }) => address),
          [],
        ),
        checkNoAccusation(snapshot),
      ]
    }
  },
}

async function startMicrosocks({ lab, tracker }: Stage, host: Host): Promise<Child> {
  // Laid over /etc of what starts in that namespace; the lab removes it.
  const overlay = join("/etc/netns", host.namespace)
  mkdirSync(overlay, { recursive: true })
  writeFileSync(join(overlay, "hosts"), `127.0.0.1 localhost\n${tracker.ipv4} ${trackerName}\n`)
  const child = lab.start(host, "microsocks", [
    "-i",
    host.ipv4,
    "-p",
    `${port}`,
    "-u",
    login.user,
    "-P",
    login.password,
  ])
  await until("microsocks", 10_000, async () => {
    const listening = await lab.run(host, "ss", ["-Hltn", `sport = :${port}`])
    return listening.includes(`:${port}`) || null
  })
  return child
}

interface Captured<T> {
  result: T
  toProxy: number
  elsewhere: number
}

/** Neighbour discovery and router solicitations are the kernel's own, and no packet to anybody. */
async function captured<T>(
  { lab, auditor }: Stage,
  proxyHost: Host,
  work: () => Promise<T>,
): Promise<Captured<T>> {
  const capture = await startCapture(lab, auditor)
  let result: T
  try {
    result = await work()
  } finally {
    await capture.stop()
  }
  const proxied = `ip.dst == ${proxyHost.ipv4} and tcp.dstport == ${port}`
  return {
    result,
    toProxy: (await capture.sentMs(proxied)).length,
    elsewhere: (await capture.sentMs(`(ip or ipv6) and not (${proxied}) and not icmpv6 and not igmp`)).length,
  }
}
