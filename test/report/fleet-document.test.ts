import { Ajv2020 as Ajv, type AnySchema } from "ajv/dist/2020.js"
import { describe, expect, it } from "vitest"
import { jsonSchema } from "../../src/commands/schema.ts"
import { schemaVersion, type FleetStatus } from "../../src/report.ts"
import { fleetStatusDocument } from "../../src/report/fleet-document.ts"
import { fleetStatus, largeFleet, smallFleet, torrent, view } from "../render/fleet-statuses.ts"

const documentOf = (status: FleetStatus): unknown =>
  JSON.parse(
    JSON.stringify({
      schemaVersion,
      tool: { name: "torrent-audit", version: "0.1.0" },
      ...status,
      error: null,
    }),
  )

const validate = new Ajv({ formats: { "date-time": true } }).compile(jsonSchema() as AnySchema)

describe("a fleet's status as a document", () => {
  it.each([
    ["of one of each kind", smallFleet()],
    ["of many", largeFleet(40)],
    ["of none", fleetStatus({ vantages: [] })],
  ])("%s holds to the validator, which knows all of it, and to the shipped schema", (_, status) => {
    const document = documentOf(status)
    expect(fleetStatusDocument.parse(document)).toEqual(document)
    void validate(document)
    expect(validate.errors).toBeNull()
  })

  it.each<[string, FleetStatus]>([
    ["a hash of no kind", fleetStatus({ torrents: [{ ...torrent("x", []), infoHash: "x" }] })],
    ["a time without milliseconds", fleetStatus({ at: "2026-03-15T09:15:00Z" })],
    ["fewer than none", fleetStatus({ torrents: [torrent("x", [view({ audits: -1 })])] })],
    ["what is missing", { ...smallFleet(), queue: undefined as unknown as FleetStatus["queue"] }],
  ])("refuses %s", (_, status) => {
    expect(fleetStatusDocument.safeParse(documentOf(status)).success).toBe(false)
  })

  it("missing parts fit no document of the schema", () => {
    const { queue: _, ...headless } = documentOf(smallFleet()) as FleetStatus
    expect(validate(headless)).toBe(false)
  })
})
