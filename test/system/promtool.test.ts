/** Prometheus' own checker reads the textfile, whatever the torrent is called. */
import { expect, test } from "vitest"
import { renderFleetProm } from "../../src/render/fleet-prom.ts"
import { renderProm } from "../../src/render/prom.ts"
import {
  audited,
  fleetStatus,
  largeFleet,
  smallFleet,
  torrent,
  vantage,
  view,
} from "../render/fleet-statuses.ts"
import { rich, snapshot } from "../render/snapshots.ts"
import { tool } from "./tool.ts"

/** Also a label's value: what it must not end, or begin anew. */
const hostileName = 'a"} 1\n# TYPE x counter\nb\\\u0000\u202e\ud800'

const check = (text: string) => tool("promtool", ["check", "metrics"], text)

test("promtool finds nothing to complain about", async () => {
  const hostile = snapshot()
  const second = {
    ...hostile,
    torrent: {
      ...hostile.torrent,
      infoHashV1: "b".repeat(40),
      name: hostileName,
    },
  }
  for (const snapshots of [[rich()], [snapshot()], [rich(), second]])
    expect(await check(renderProm(snapshots))).toEqual({ status: 0, out: "", err: "" })
})

test("nor of a fleet", async () => {
  const strange = torrent("x", [
    view({ newest: audited(1, { name: hostileName }) }),
    view({ vantage: "fra" }),
  ])
  const fleets = [
    smallFleet(),
    largeFleet(200),
    fleetStatus({ torrents: [strange], vantages: [vantage("ber")] }),
  ]
  for (const fleet of [...fleets, fleetStatus({ vantages: [] })])
    expect(await check(renderFleetProm(fleet))).toEqual({ status: 0, out: "", err: "" })
})

test("and would", async () => {
  const text = renderProm([rich()])
  const unescaped = text.replace('name="', 'name="a"')
  expect((await check(unescaped)).status).not.toBe(0)
  const nameless = text.replace("# HELP torrent_audit_info Always 1: the name of the torrent.\n", "")
  expect((await check(nameless)).status).not.toBe(0)
})
