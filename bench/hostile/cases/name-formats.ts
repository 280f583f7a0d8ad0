/** Names that a terminal, a page or a program behind us would obey, in every format that we print. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { HostileCase, Outcome, Stage, Staged } from "../case.ts"
import { savedSnapshot } from "./saved-snapshot.ts"
import { borne, colours, demand, fileIn, forbid, honest, torrent } from "./file-stage.ts"
import { stageSwarm } from "../swarm.ts"
import { createPayload } from "../../../src/demo/payload.ts"

const escapes = "\u001b[2J\u001b]52;c;cm0gLXJm\u0007\u009b31m\u0090q\u009c"
const directions = "\u202egnp.exe\u2066\u2069\u200f\u061c"
const invisible = "\u200b\u200d\ufeff\u00ad\u2060\u{e0041}"
const breaks = "a\nTORRENT OK - fine | x=1\r\u2028\u2029\u0085\t\v"
const markup = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'\`&amp;]]><!--`
const marks = `Z${"\u0301".repeat(500)}`
/** All of them, in what a line shows of a name. */
const evil = `${escapes}${directions}${invisible}${breaks}${markup}${marks}\ud800`

/** In a snapshot: the torrent, its files, trackers, clients and whatever strangers wrote. */
const evilSnapshot = (): string => {
  const snapshot = JSON.parse(savedSnapshot()) as {
    torrent: { name: string; files: { path: string }[] }
    trackers: { url: string; announces: { warning?: string | null; failure: unknown; ok: boolean }[] }[]
    peers: { client: string | null }[]
  }
  snapshot.torrent.name = evil
  for (const file of snapshot.torrent.files) file.path = `${evil}/${evil}`
  for (const tracker of snapshot.trackers) tracker.url = `http://t.example/${evil}`
  for (const tracker of snapshot.trackers)
    for (const each of tracker.announces)
      Object.assign(each, { ok: false, failure: { code: "refused", detail: evil.slice(0, 200) } })
  for (const peer of snapshot.peers) if (peer.client !== null) peer.client = evil.slice(0, 64)
  return JSON.stringify(snapshot)
}

/** What no line of text may hold: controls, directions, what has no width; the line break ends it. */
const terminalOrders = /\p{Cc}|\p{Bidi_Control}|\p{Zl}|\p{Zp}|\u200b|\u200d|\ufeff|\u2060|\u{e0041}/u

const named = (
  id: string,
  does: string,
  args: readonly string[],
  check: (outcome: Outcome, stage: Stage) => string,
): HostileCase => ({
  id: `names-${id}`,
  stranger: "name",
  does: `a snapshot full of hostile names, as ${does}`,
  bound: "escaped for where it goes",
  honest: honest.smallest,
  stage: (stage) =>
    Promise.resolve(
      borne({
        args: ["report", fileIn(stage, "old.json", evilSnapshot()), ...args],
        exits: [0, 1, 2, 3],
        check: (outcome) => check(outcome, stage),
      }),
    ),
})

const lines = (text: string): string => text.replaceAll("\n", "")

export const formatCases: readonly HostileCase[] = [
  named("text", "text", ["-v", "--top", "50"], ({ stdout }) => {
    forbid(lines(stdout), terminalOrders, "a control character")
    forbid(stdout, /\u0301{4}/, "a pile of marks")
    forbid(stdout, /^TORRENT OK/m, "a line of its own")
    demand(stdout, "·[2J", "the name")
    return "controls shown as dots, the rest left out"
  }),
  named("colour", "text with colours", ["-v", "--color", "always"], ({ stdout }) => {
    // Our own colours, and no other sequence.
    forbid(lines(stdout).replaceAll(colours, ""), terminalOrders, "a control character")
    demand(stdout, "\u001b[1m", "our own colours")
    demand(stdout, "·[2J", "the name")
    return "no sequence but our own colours"
  }),
  named("html", "a page", ["-o", "new.html"], (_, { folder }) => {
    const page = readFileSync(join(folder, "new.html"), "utf8")
    forbid(page, /<script>alert|<img src=x|\]\]><!--/, "markup")
    forbid(page.replaceAll(/[\n\t\r]/g, ""), /[\p{Cc}\p{Bidi_Control}]/u, "a control character")
    demand(page, "&lt;script&gt;alert", "the name, escaped")
    return "markup shown as text; no control character in the page"
  }),
  named("prom", "Prometheus metrics", ["--format", "prom"], ({ stdout }) => {
    for (const line of stdout.trimEnd().split("\n"))
      demand(
        line,
        /^(# (HELP|TYPE) |torrent_audit_\w+\{(\w+="(?:[^"\\\n]|\\[\\"n])*",?)*\} -?[\d.e+]+$)/,
        "a line of metrics",
      )
    forbid(lines(stdout), terminalOrders, "a control character")
    return "every line is a metric, its labels quoted"
  }),
  named("nagios", "a line for Nagios", ["--format", "nagios"], ({ stdout }) => {
    forbid(stdout.slice(0, -1), "\n", "a second line")
    forbid(lines(stdout), terminalOrders, "a control character")
    demand(stdout, /^TORRENT /, "its verdict")
    if (stdout.split("|").length > 2) throw new Error("more than one bar")
    return "one line, one bar"
  }),
  named("atom", "an Atom feed", ["--format", "atom"], ({ stdout }) => {
    forbid(stdout, /<script|<img|\]\]>/, "markup")
    demand(stdout, "&lt;script&gt;alert", "the name, escaped")
    forbid(lines(stdout), /[^\P{Cc}\t\r]/u, "a control character that XML forbids")
    return "markup shown as text; nothing that XML forbids"
  }),
  named("ndjson", "JSON lines", ["--format", "ndjson"], ({ stdout }) => {
    for (const line of stdout.trimEnd().split("\n")) JSON.parse(line)
    forbid(lines(stdout), /[\p{Cc}\u2028\u2029]/u, "a control character")
    return "every line is whole JSON, without a control character in it"
  }),
  named("json", "JSON", ["--json"], ({ stdout, snapshot }) => {
    if (snapshot === null) throw new Error("no snapshot")
    forbid(lines(stdout), /\p{Cc}/u, "a control character")
    return "one document, without a control character in it"
  }),
  {
    id: "names-inspect",
    stranger: "name",
    does: "a torrent full of hostile names, inspected",
    bound: "escaped for where it goes",
    honest: honest.smallest,
    stage: (stage) => {
      const files = [{ length: 100, path: [evil, evil] }]
      const bytes = torrent(
        { name: evil, files },
        { comment: evil, "created by": evil, announce: `http://${evil}` },
      )
      return Promise.resolve(
        borne({
          args: ["inspect", fileIn(stage, "x.torrent", bytes)],
          check({ stdout }) {
            forbid(lines(stdout), terminalOrders, "a control character")
            demand(stdout, String.raw`\x1b[2J`, "the name, escaped")
            return "all of them written out, as \\x1b"
          },
        }),
      )
    },
  },
  {
    id: "names-audited",
    stranger: "name",
    does: "a torrent full of hostile names, audited and kept",
    bound: "escaped for where it goes",
    async stage(stage): Promise<Staged> {
      const payload = createPayload({
        name: evil.toWellFormed(),
        pieceBytes: 65_536,
        files: [{ path: [evil.toWellFormed(), `${evil.toWellFormed()}2`], sizeBytes: 1_300_000 }],
      })
      const swarm = await stageSwarm(stage, { payload })
      return swarm.staged({
        args: ["-o", "new.html", "-o", "new.prom", "-o", "new.xml"],
        check(snapshot, { stderr, stdout }) {
          forbid(lines(stdout), /\p{Cc}/u, "a control character")
          forbid(lines(stderr), terminalOrders, "a control character")
          const [page, metrics, xml] = ["new.html", "new.prom", "new.xml"].map((name) =>
            readFileSync(join(stage.folder, name), "utf8"),
          ) as [string, string, string]
          forbid(page, /<script>alert|<img src=x/, "markup")
          forbid(lines(metrics), terminalOrders, "a control character")
          forbid(xml, /<script|<img|\]\]>/, "markup")
          return `the seed was verified; ${snapshot.torrent.files.length} file in the snapshot`
        },
      })
    },
  },
]
