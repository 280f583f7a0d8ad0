/** Each client by itself, seeder and leecher, against a peer that shares no code with the tool: is the lab right? */
import { fileURLToPath } from "node:url"
import { piecesOf, type Truth } from "../client.ts"
import { drivers as all } from "../drivers/index.ts"
import { strided } from "../payload.ts"
import type { ProbeResult } from "../probe.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import {
  isSeeder,
  MiB,
  probeMember,
  startMembers,
  untilRegistered,
  type Member,
  type Plan,
} from "../swarm.ts"
import { check, equal, percent, table, type Check } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

const rate = 1 * MiB
const tolerance = 0.05
const stranger = fileURLToPath(new URL("../stranger.py", import.meta.url))

function checksOf(member: Member, seeder: boolean, seen: ProbeResult, truth: Truth): Check[] {
  const { identity } = member.plan.driver
  const name = member.host.name
  const claimed = piecesOf(Buffer.from(seen.bitfield, "hex"), truth.pieces.length)
  const share = (seen.bytesPerSecond ?? 0) / rate
  const checks = [
    equal(`${name}: port`, truth.listenPort, member.client.port),
    equal(`${name}: pieces on the wire are the client's own`, claimed, truth.pieces),
    check(`${name}: peer id`, identity.peerIdPrefix.test(seen.peerId), seen.peerId),
    check(
      `${name}: v`,
      identity.v.test(seen.v ?? "") && (seen.v ?? "").includes(truth.version),
      seen.v ?? "none",
    ),
    check(
      `${name}: right bytes`,
      seen.verified > 0 && seen.corrupt === 0,
      `${seen.verified} right, ${seen.corrupt} wrong`,
    ),
    check(`${name}: uplink used`, Math.abs(share - 1) <= tolerance, percent(share)),
  ]
  if (seeder && identity.uploadOnly !== null)
    checks.push(equal(`${name}: upload_only`, seen.uploadOnly === 1, identity.uploadOnly))
  return checks
}

export const drivers: Scenario = {
  name: "drivers",
  title: "every client alone: what it holds, who it says it is, how fast it serves",
  audits: false,
  beside: 1,
  async run(stage) {
    const { lab, tracker: trackerHost, auditor } = stage
    const payload = payloadFor(stage, "drivers", opentrackerTiers(trackerHost))
    const tracker = await startOpentracker(lab, trackerHost, payload.infoHash)
    const half = strided(payload, 2, 1)
    const plans = all.flatMap((driver): Plan[] => {
      const leecher: Plan = { driver, holding: half, uplinkBytesPerSecond: rate }
      const seeds = driver.name !== "libtorrent-partial"
      return seeds ? [{ driver, holding: "all", uplinkBytesPerSecond: rate }, leecher] : [leecher]
    })
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)
    const seen = await Promise.all(members.map((member) => probeMember(lab, auditor, payload, member, 6)))
    const truths = await Promise.all(members.map((member) => member.client.truth()))

    const strangers = await Promise.all(
      members.map(({ address, client }) =>
        lab.run(auditor, "/usr/bin/python3", [stranger, address, String(client.port)], 30_000),
      ),
    )

    const checks: Check[] = []
    const rows = [
      ["client", "version", "peer id", "v", "says", "upload_only", "hand", "unchoke", "block", "rate"],
    ]
    members.forEach((member, index) => {
      const wire = seen[index]
      const truth = truths[index]
      if (!wire || !truth) return
      checks.push(...checksOf(member, isSeeder(member.plan, payload), wire, truth))
      checks.push(equal(`${member.host.name}: on a random info hash says`, strangers[index]?.trim(), ""))
      rows.push([
        member.host.name,
        truth.version,
        wire.peerId,
        wire.v ?? "–",
        wire.messages.find((message) => /^(bitfield|have-all|have-none)$/.test(message)) ?? "nothing",
        String(wire.uploadOnly ?? "–"),
        `${wire.handshakeMs}`,
        `${wire.unchokeMs ?? wire.end}`,
        `${wire.firstBlockMs ?? "–"}`,
        percent((wire.bytesPerSecond ?? 0) / rate),
      ])
    })
    return { tables: [table(rows)], checks }
  },
}
