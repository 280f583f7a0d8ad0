/** Three clients behind one router, and a host that can receive only so much: does the lab's plumbing hold what it says? */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { openApi } from "../api.ts"
import { decode } from "../bencode.ts"
import { piecesOf } from "../client.ts"
import { deluge } from "../drivers/deluge.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { rtorrent } from "../drivers/rtorrent.ts"
import { strided, type Payload } from "../payload.ts"
import { pause, until } from "../processes.ts"
import type { Host, Lab } from "../netns.ts"
import { payloadFor, type Scenario, type Stage } from "../scenario.ts"
import { pieceDataShare } from "../shaping.ts"
import { KiB, measureUplinks, MiB, probeMember, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { check, equal, kibPerSecond, percent, table, type Check } from "../table.ts"
import { opentrackerPort, opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

/** As in shaping.ts. */
const frameBytes = 1514
const segmentBytes = 1448
const uplink = 1 * MiB
const downlink = 512 * KiB

const near = (what: string, got: number, expected: number, tolerance: number): Check =>
  check(what, Math.abs(got / expected - 1) <= tolerance, percent(got / expected))

/**
 * Piece data per second, by what its interface counts. The probes can't tell: each has a time of its own, that begins when
 * it gets through to a queue which the others keep full.
 */
async function sendingRate(lab: Lab, host: Host, ms: number): Promise<number> {
  const count = async () => Number(await lab.run(host, "cat", ["/sys/class/net/eth0/statistics/tx_bytes"]))
  const [began, before] = [performance.now(), await count()]
  await pause(ms)
  const [ended, after] = [performance.now(), await count()]
  return ((after - before) / (ended - began)) * 1_000 * (segmentBytes / frameBytes) * pieceDataShare
}

/** Who the tracker says is there: its compact list, six bytes a peer (BEP 23). */
async function namedByTracker({ lab, auditor, tracker }: Stage, payload: Payload): Promise<string[]> {
  const ask = openApi(lab, auditor, opentrackerPort, tracker.ipv4)
  const infoHash = payload.infoHash.replaceAll(/../g, (byte) => `%${byte}`)
  const us = "peer_id=-XX0001-aaaaaaaaaaaa&port=1&uploaded=0&downloaded=0&left=0&compact=1"
  await until("the relay", 5_000, () => existsSync(join(auditor.directory, `api-${opentrackerPort}`)) || null)
  const { body } = await ask({ path: `/announce?info_hash=${infoHash}&${us}` })
  const reply = decode(body)
  const peers = reply instanceof Map ? reply.get("peers") : null
  if (!Buffer.isBuffer(peers)) throw new Error(`no compact peers: ${body.toString("latin1")}`)
  return Array.from({ length: peers.length / 6 }, (_, index) => {
    const entry = peers.subarray(index * 6, index * 6 + 6)
    return `${[...entry.subarray(0, 4)].join(".")}:${entry.readUInt16BE(4)}`
  }).filter((address) => address !== `${auditor.ipv4}:1`)
}

export const household: Scenario = {
  name: "household",
  title: "clients behind one router: one address, one uplink, a port each; a downlink is what it is set to",
  audits: false,
  beside: 1,
  async run(stage) {
    const { lab, auditor } = stage
    const payload = payloadFor(stage, "household", opentrackerTiers(stage.tracker))
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const home = { household: "home", uplinkBytesPerSecond: uplink }
    const plans: Plan[] = [
      { ...home, driver: deluge, holding: "all" },
      { ...home, driver: libtorrent, holding: strided(payload, 2, 1) },
      { ...home, driver: rtorrent, holding: "all" },
    ]
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)
    const named = await namedByTracker(stage, payload)
    const reached = members.map(({ address, client }) => `${address}:${client.port}`)
    const routers = new Set(members.map(({ host }) => host.router))

    const sender = await lab.addHost("sender", { isolated: false })
    const receiver = await lab.addHost("receiver", { isolated: false })
    await lab.shapeDownlink(receiver, downlink)
    // Long enough that what arrives at once after the first losses weighs little.
    const limiting = measureUplinks(lab, receiver, [sender], 8_000)
    const probing = Promise.all(members.map((member) => probeMember(lab, auditor, payload, member, 6)))
    await pause(2_000)
    const together = await sendingRate(lab, members[0]?.host.router ?? sender, 3_000)
    const seen = await probing
    const [limited = 0] = await limiting
    const truths = await Promise.all(members.map(({ client }) => client.truth()))
    const [plain = 0] = await measureUplinks(
      lab,
      auditor,
      members.map(({ host }) => host),
      2_000,
    )

    await lab.shapeDownlink(receiver, null)
    const [lifted = 0] = await measureUplinks(lab, receiver, [sender], 500)

    const rows = [["client", "dialled at", "inside", "KiB/s"]]
    const checks = members.flatMap((member, index): Check[] => {
      const wire = seen[index]
      const truth = truths[index]
      if (!wire || !truth) return []
      const { name, ipv4 } = member.host
      rows.push([name, reached[index] ?? "", ipv4, kibPerSecond(wire.bytesPerSecond)])
      return [
        check(`${name}: peer id`, member.plan.driver.identity.peerIdPrefix.test(wire.peerId), wire.peerId),
        equal(
          `${name}: pieces`,
          piecesOf(Buffer.from(wire.bitfield, "hex"), payload.pieceCount),
          truth.pieces,
        ),
        check(
          `${name}: right bytes`,
          wire.verified > 0 && wire.corrupt === 0,
          `${wire.verified} right, ${wire.corrupt} wrong`,
        ),
      ]
    })
    return {
      tables: [
        table(rows),
        `    together ${kibPerSecond(together)} KiB/s, plain TCP ${kibPerSecond(plain)} KiB/s, downlink ${kibPerSecond(limited)} KiB/s`,
      ],
      checks: [
        ...checks,
        equal("the tracker names the router, with a port each", named.toSorted(), reached.toSorted()),
        equal("one router", routers.size, 1),
        near("the uplink is shared", together, uplink, 0.03),
        near("plain TCP", plain, uplink, 0.02),
        near("downlink", limited, downlink, 0.05),
        check("lifted", lifted > 8 * downlink, kibPerSecond(lifted)),
      ],
    }
  },
}
