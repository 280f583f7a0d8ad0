/** `torrent-audit diff old.json new.json`, `diff --last 2 <target>`: what changed, and whether that can be told at all. */
import { diffOf, sameTorrent } from "../diff.ts"
import { InputError } from "../failure.ts"
import type { Snapshot } from "../report.ts"
import type { Redaction } from "../store/redact.ts"
import type { Command, Context } from "./context.ts"
import { diffDocument } from "./diff/document.ts"
import { diffOptions, type DiffOptions } from "./diff/options.ts"
import { lastOf, twoNamed } from "./diff/sides.ts"
import { version } from "./version.ts"

export const diff: Command = async (context) => {
  const options = diffOptions(context.flags)
  const [before, after] = await alike(await bothSides(context, options), options, context)
  const found = diffOf(before, after)
  const differs = found.changes.length > 0 || !found.comparable
  const status = { difference: differs, regression: found.regression, never: false }[options.failOn] ? 1 : 0
  const { terminal } = context
  if (options.json) terminal.out(diffDocument(found, before, after))
  else if (!options.quiet || status !== 0) {
    const { renderDiff } = await import("../render/diff.ts")
    const { columns, color, ascii } = terminal
    const sides = { from: before.run.startedAt, to: after.run.startedAt }
    terminal.out(renderDiff(found, sides, { columns, color, ascii, verbose: options.verbose }))
  }
  return status
}

async function bothSides(context: Context, { last }: DiffOptions): Promise<[Snapshot, Snapshot]> {
  const { targets } = context
  if (last !== null) {
    const [target, ...more] = targets
    if (target === undefined || more.length > 0)
      throw new InputError(
        "usage",
        "diff --last takes one target",
        `torrent-audit diff --last ${last} TARGET`,
      )
    return lastOf(target, last, context)
  }
  const [old, young, ...more] = targets
  if (old === undefined || young === undefined || more.length > 0)
    throw new InputError(
      "usage",
      "diff takes two snapshots",
      "torrent-audit diff old.json new.json, or torrent-audit diff --last 2 TARGET",
    )
  const [before, after] = await twoNamed(old, young, context)
  if (sameTorrent(before, after)) return [before, after]
  throw new InputError(
    "usage",
    `${old} and ${young} are of different torrents`,
    "Pass two snapshots of one torrent: `report` shows the info hash of each.",
  )
}

const degrees: readonly Redaction[] = ["none", "prefix", "full"]

/**
 * Peers must have the same names in both, and at least the names that the place of printing asks for. What is renamed here, and what
 * another version concluded, is judged again: of the same evidence both sides then conclude the same.
 */
async function alike(
  sides: [Snapshot, Snapshot],
  { redact: asked }: DiffOptions,
  context: Context,
): Promise<[Snapshot, Snapshot]> {
  const { terminal, environment } = context
  const least = asked ?? (terminal.stdoutIsTty ? "none" : "prefix")
  const degree = Math.max(degrees.indexOf(least), ...sides.map(degreeOf))
  const how = degrees[degree] ?? "full"
  const isThus = (side: Snapshot) =>
    side.tool.version === version && (degreeOf(side) === degree || side.peers.length === 0)
  if (sides.every(isThus)) return sides
  const { redact } = await import("../store/redact.ts")
  const { redactionKey, stateDirectory } = await import("../store/state.ts")
  const { evidenceOf, snapshotOf } = await import("./snapshot.ts")
  const key = how === "none" ? new Uint8Array() : redactionKey(stateDirectory(environment))
  const [before, after] = sides.map((side) =>
    isThus(side) ? side : snapshotOf(redact(evidenceOf(side), how, key)),
  )
  return [before!, after!]
}

/** How far its peers are renamed already. */
function degreeOf({ peers }: Snapshot): number {
  const renamed = peers.find(({ address }) => address.includes("~"))
  return renamed === undefined ? 0 : renamed.address.startsWith("~") ? 2 : 1
}
