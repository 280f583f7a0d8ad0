/** What a history does, whatever database it is in. */
import { describe, expect, it, onTestFinished } from "vitest"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import type { Finding } from "../../src/report.ts"
import { auditRow, type History } from "../../src/store/history.ts"
import { aRun, anEvidence } from "./builders.ts"
import { again, named } from "./kept-audits.ts"

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const base = snapshotOf(anEvidence())
const infoHash = base.torrent.infoHashV1 ?? ""
const [other, third] = ["9f86aaaa".padEnd(40, "0"), "beef".padEnd(40, "1")]

/** `open`: one and the same, empty at the beginning of each test. */
export function historyContract(open: () => Promise<History>): void {
  async function opened(): Promise<History> {
    const history = await open()
    onTestFinished(() => history.close())
    return history
  }

  describe("an audit", () => {
    it("comes back as it was, in a line and whole", async () => {
      const history = await opened()
      await history.add(base)
      expect(await history.audits(infoHash)).toEqual([auditRow(base)])
      expect(await history.snapshot(infoHash, base.run.id)).toEqual(base)
      expect(await history.snapshot(infoHash, "00000000")).toBeNull()
      expect(await history.snapshot(other, base.run.id)).toBeNull()
    })

    it("has its problems with it", async () => {
      const finding = (audit: string, verdict: Finding["verdict"], subject: Finding["subject"]): Finding => ({
        audit,
        verdict,
        subject,
        claimed: null,
        measured: null,
        because: "so",
        advice: null,
        pValue: null,
        evidence: {},
      })
      const findings = [
        finding("corrupt-data", "fail", "peer:203.0.113.0/24~k7f3a9:51413"),
        finding("dead-tracker", "warn", "tracker:udp://old.example.net:1337"),
        finding("last-seeder", "pass", "swarm"),
      ]
      const snapshot = { ...base, findings }
      const history = await opened()
      await history.add(snapshot)
      const [row] = await history.audits(infoHash)
      expect(row?.problems).toEqual(
        findings.slice(0, 2).map(({ audit, subject, verdict }) => ({ audit, subject, verdict })),
      )
      expect(row).toEqual(auditRow(snapshot))
    })

    it("that is there stays as it was", async () => {
      const history = await opened()
      await history.add(base)
      await history.add({ ...base, torrent: { ...base.torrent, sizeBytes: 1 } })
      expect(await history.audits(infoHash)).toHaveLength(1)
      expect(await history.snapshot(infoHash, base.run.id)).toEqual(base)
    })

    it("of a torrent without an info hash is not kept", async () => {
      const history = await opened()
      await history.add({ ...base, torrent: { ...base.torrent, infoHashV1: null } })
      expect(await history.targets()).toEqual([])
    })
  })

  describe("targets", () => {
    it("come with the last audit, most recent first, and their last seven days", async () => {
      const now = Date.now()
      const history = await opened()
      const at = (hours: number) => new Date(now - hours * hourMs).toISOString()
      const audit = (id: string, hours: number, name: string, hash: string) =>
        named({ ...base, run: aRun({ id, startedAt: at(hours) }) }, name, hash)
      await history.add(audit("00000001", 200, "one", infoHash))
      await history.add(audit("00000003", 2, "one", infoHash))
      await history.add(audit("00000002", 20, "one", infoHash))
      await history.add(audit("00000004", 1, "two", other))
      const targets = await history.targets()
      expect(targets.map(({ newest, audits }) => [newest.name, newest.id, audits])).toEqual([
        ["two", "00000004", 1],
        ["one", "00000003", 3],
      ])
      expect(targets[1]?.recent.map(({ startedAt }) => startedAt)).toEqual([at(20), at(2)])
      expect((await history.audits(infoHash, 2)).map(({ id }) => id)).toEqual(["00000003", "00000002"])
    })

    it("keep of each third of a day the worst audit, and the newest whatever it is", async () => {
      const day = new Date(Date.now() - 2 * 24 * hourMs).toISOString().slice(0, 10)
      const history = await opened()
      const reached = [3, 1, 2, 5, 4, 6]
      const hours = ["00", "05", "09", "10", "15", "20"]
      for (const [n, seeders] of reached.entries()) {
        const run = aRun({ id: `0000000${n}`, startedAt: `${day}T${hours[n]}:30:00.000Z` })
        const swarm = { ...base.swarm, seeders: { ...base.swarm.seeders, reached: seeders } }
        await history.add({ ...base, run, swarm })
      }
      // Visits nobody, so that its zero is no bad hour.
      const scrape = aRun({ id: "00000008", startedAt: `${day}T11:30:00.000Z`, depth: "scrape" })
      const nobody = { ...base.swarm, seeders: { ...base.swarm.seeders, reached: 0 } }
      await history.add({ ...base, run: scrape, swarm: nobody })
      const last = aRun({ id: "00000009", startedAt: `${day}T23:30:00.000Z` })
      await history.add({
        ...base,
        run: last,
        swarm: { ...base.swarm, seeders: { ...base.swarm.seeders, reached: 9 } },
      })
      const [target] = await history.targets()
      expect(target?.recent.map(({ seedersReached }) => seedersReached)).toEqual([1, 4, 6, 9])
    })

    it("keep the name that the torrent gave them when a bare info hash comes later", async () => {
      const history = await opened()
      await history.add(base)
      const bare = again(base, 1)
      await history.add({ ...bare, torrent: { ...bare.torrent, name: "", pieceCount: 0 } })
      expect((await history.audits(infoHash)).map(({ name }) => name)).toEqual(["example", "example"])
    })

    describe("are found by", () => {
      const v2 = "c0ffee".padEnd(64, "2")
      const withAll = async () => {
        const history = await opened()
        const hybrid = { ...base, torrent: { ...base.torrent, infoHashV2: v2 } }
        await history.add(named(hybrid, "one", infoHash))
        await history.add(named(base, "two", other))
        await history.add(named(base, "9f86", third))
        return history
      }
      it.each([
        ["its info hash", infoHash, [infoHash]],
        ["the same in capitals", infoHash.toUpperCase(), [infoHash]],
        ["its v2 info hash", v2, [infoHash]],
        ["a beginning of that", "c0ff", [infoHash]],
        ["a unique beginning", "9f86d", [infoHash]],
        ["its name", "two", [other]],
        ["a name before a hash that begins alike", "9f86", [third]],
        ["not by too short a beginning", "bee", []],
        ["not by a part of its name", "tw", []],
        ["not by what only looks like a pattern", "9f86%", []],
      ])("%s", async (_, text, expected) => {
        const history = await withAll()
        expect((await history.named(text)).map((each) => each.infoHash)).toEqual(expected)
        expect(await history.find(text)).toBe(expected[0] ?? null)
      })

      it("an ambiguous beginning: all of them, and so none", async () => {
        const history = await opened()
        await history.add(named(base, "one", infoHash))
        await history.add(named(base, "two", other))
        expect(new Set((await history.named("9f86")).map(({ name }) => name))).toEqual(
          new Set(["one", "two"]),
        )
        expect(await history.find("9f86")).toBeNull()
      })
    })
  })

  describe("a short id", () => {
    it("has four digits, and more where another audit of the target begins alike", async () => {
      const history = await opened()
      const withId = (id: string, minutes: number) => ({
        ...again(base, minutes),
        run: { ...again(base, minutes).run, id },
      })
      await history.add(withId("a1f3c2d4", 0))
      expect(await history.shortId(infoHash, "a1f3c2d4")).toBe("a1f3")
      await history.add(withId("a1f3cfff", 1))
      expect(await history.shortId(infoHash, "a1f3c2d4")).toBe("a1f3c2")
      expect((await history.withId("a1f3")).map(({ id }) => id)).toEqual(["a1f3cfff", "a1f3c2d4"])
      expect((await history.withId("A1F3C2")).map(({ id }) => id)).toEqual(["a1f3c2d4"])
      expect(await history.withId("a1f")).toEqual([])
    })
  })

  describe("what was told", () => {
    it("is remembered until something else is", async () => {
      const history = await opened()
      expect(await history.told(infoHash)).toBeNull()
      await history.tell(infoHash, { at: base.run.startedAt, fingerprint: "one", status: "critical" })
      const now = { at: base.run.startedAt, fingerprint: "two", status: "ok" } as const
      await history.tell(infoHash, now)
      expect(await history.told(infoHash)).toEqual(now)
    })
  })

  describe("pruning", () => {
    it("forgets what is older, of one target or of all, and what was told of those that are gone", async () => {
      const history = await opened()
      for (const n of [0, 1, 2]) await history.add(again(base, n))
      await history.add(named(base, "two", other))
      await history.tell(other, { at: base.run.startedAt, fingerprint: "x", status: "ok" })
      const before = new Date(Date.parse(base.run.startedAt) + 1.5 * minuteMs)
      expect(await history.countBefore(before)).toBe(3)
      expect(await history.countBefore(before, infoHash)).toBe(2)
      expect(await history.prune(before, infoHash)).toBe(2)
      expect((await history.audits(infoHash)).map(({ id }) => id)).toEqual(["00000002"])
      expect(await history.whole(infoHash)).toHaveLength(1)
      expect(await history.prune(before)).toBe(1)
      expect((await history.targets()).map(({ newest }) => newest.infoHash)).toEqual([infoHash])
      expect(await history.told(other)).toBeNull()
    })
  })
}
