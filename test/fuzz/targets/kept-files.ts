/** Files between runs and beside them: what is unreadable is forgotten, what is not can be used as it is. */
import * as z from "zod"
import { earlier, announce } from "../../../src/evidence.ts"
import { limits } from "../../../src/limits.ts"
import { stillValid } from "../../../src/discovery/answers.ts"
import { fileAnswers } from "../../../src/store/answers.ts"
import { fileNodes } from "../../../src/store/dht-nodes.ts"
import { openMmdb } from "../../../src/store/mmdb.ts"
import { fileReadings } from "../../../src/store/readings.ts"
import { redactionKey } from "../../../src/store/state.ts"
import { mmdb } from "../../support/mmdb.ts"
import { anEarlier } from "../../support/earlier.ts"
import { anAnnounce, startedAt } from "../../support/builders.ts"
import { must, orRefusedLater, same } from "../claims.ts"
import { isPeer } from "../replies.ts"
import { scratchFile, scratchFolder } from "../scratch.ts"
import type { FuzzTarget } from "../target.ts"

const key = "ab".repeat(20)
const now = () => new Date(Date.parse(startedAt) + 60_000)

export const kept: FuzzTarget = {
  name: "kept-state",
  group: "files",
  run(input) {
    const folder = scratchFolder()
    scratchFile("dht-nodes-ipv4.json", input)
    const nodes = fileNodes(folder).recall("ipv4")
    must(nodes.length <= limits.dht.maxRemembered, "nodes within bounds")
    must(
      nodes.every(({ port, id }) => port > 0 && port < 65_536 && id.length === 40),
      "nodes that can be asked",
    )
    scratchFile(`${key}.json`, input)
    const readings = fileReadings(folder, now).recall(key)
    if (readings) {
      const checked = earlier.safeParse(readings)
      must(checked.success, `readings: ${checked.success ? "" : z.prettifyError(checked.error)}`)
      must(
        readings.runs.length <= limits.readings.maxRuns && readings.peers.length <= limits.readings.maxPeers,
        "readings",
      )
    }
    const answer = fileAnswers(folder, now).recall(key)
    const valid = stillValid(answer, now())
    if (valid) {
      must(announce.safeParse(valid.announce).success && valid.peers.every(isStored), "a stored answer")
      must(
        Date.parse(valid.notBefore) - Date.parse(valid.askedAt) <= limits.tracker.maxIntervalMs,
        "its interval",
      )
    }
    scratchFile("redaction.key", input)
    same(redactionKey(folder).length, 32, "a key, whatever stood there")
  },
  *seeds() {
    const say = (value: unknown) => new Uint8Array(Buffer.from(JSON.stringify(value)))
    yield say([{ host: "192.0.2.1", port: 6_881, id: key }])
    yield say(anEarlier({}))
    const times = { askedAt: startedAt, notBefore: new Date(Date.parse(startedAt) + 1_800_000).toISOString() }
    yield say({
      announce: anAnnounce(),
      scrape: null,
      peers: ["192.0.2.1:6881", "[2001:db8::1]:1"],
      port: 6_881,
      ...times,
    })
    yield new Uint8Array(32)
  },
  dictionary: [
    '"host":',
    '"peers":[',
    '"readings":',
    '"announce":',
    "2026-03-14T09:15:00.000Z",
    "1e400",
    "[[[[[",
  ],
}

/** Port 0 is nobody's, and in a list all the same: dialling refuses it. */
const isStored = (peer: string): boolean => isPeer(peer) || peer.endsWith(":0")

export const places: FuzzTarget = {
  name: "mmdb",
  group: "files",
  async run(input) {
    const opened = await orRefusedLater(() => openMmdb(scratchFile("places.mmdb", input)))
    if (opened === null) return
    for (const host of ["1.2.3.4", "255.255.255.255", "0.0.0.0", "2001:db8::1", "::", "::ffff:1.2.3.4"]) {
      const place = opened.placeOf(host)
      if (place === null) continue
      must(place.country === null || /^[A-Z]{2}$/.test(place.country), "a country")
      must(
        place.asn === null || (Number.isInteger(place.asn) && place.asn >= 0 && place.asn < 2 ** 32),
        "a number",
      )
      must((place.network ?? "").length <= 100 && (place.network ?? "").isWellFormed(), "a name")
    }
  },
  *seeds() {
    const country = { country: { iso_code: "DE" }, registered_country: { iso_code: "FR" } }
    const asn = { autonomous_system_number: 64_500, autonomous_system_organization: "Example" }
    yield mmdb({ "1.2.3.0/24": country, "2001:db8::/32": asn })
    yield mmdb({ "0.0.0.0/1": { country: "DE", asn: "AS64500", as_name: "x" } }, { ipVersion: 4 })
    yield mmdb({ "::/2": { traits: asn } })
  },
  dictionary: [
    "\xab\xcd\xefMaxMind.com",
    "node_count",
    "record_size",
    "ip_version",
    "country",
    "iso_code",
    "asn",
  ],
}
