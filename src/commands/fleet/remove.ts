/** `fleet remove <torrent…>` or `--vantage LABEL`: nothing is due any more; what was found stays in the history. */
import { InputError } from "../../failure.ts"
import { plural } from "../../render/units.ts"
import type { Fleet } from "../../store/fleet.ts"
import { limits } from "../../limits.ts"
import type { Command } from "../context.ts"
import { nearest } from "../values.ts"
import { withFleet } from "./places.ts"

export const remove: Command = async (context) => {
  const { flags, targets, terminal } = context
  const labels = flags.vantage === undefined || flags.vantage === true ? [] : flags.vantage
  if (targets.length === 0 && labels.length === 0)
    throw new InputError(
      "usage",
      "fleet remove needs a torrent or --vantage",
      "torrent-audit fleet remove 9f86d081",
    )
  return withFleet(context, async (fleet) => {
    const found = targets.length === 0 ? [] : await namedIn(fleet, targets)
    await checkLeft(fleet, labels)
    for (const infoHash of found) await fleet.targets.remove(infoHash)
    if (labels.length > 0) await fleet.workers.dismiss(labels)
    const said = [
      ...(found.length > 0 ? [plural(found.length, "torrent")] : []),
      ...(labels.length > 0 ? [plural(labels.length, "vantage point")] : []),
    ]
    terminal.out(`Removed ${said.join(" and ")}; their history stays.\n`)
    return 0
  })
}

/** A worker that lives would come back with its vantage point. */
async function checkLeft(fleet: Fleet, labels: readonly string[]): Promise<void> {
  if (labels.length === 0) return
  const living = await fleet.workers.living()
  for (const label of labels) {
    const workers = living.get(label)
    const shown = label.slice(0, 80)
    if (workers === undefined)
      throw new InputError(
        "no-file",
        `no vantage point ${shown}`,
        "`torrent-audit fleet status` names those that there are.",
      )
    if (workers > 0)
      throw new InputError(
        "locked",
        `${plural(workers, "worker")} of ${shown} ${workers === 1 ? "lives" : "live"}`,
        "Stop it first, as it would come back; one that was killed counts for a minute.",
      )
  }
}

/** By the whole name, or an info hash or its beginning. All or none: one that is not there changes nothing. */
async function namedIn(fleet: Fleet, words: readonly string[]): Promise<string[]> {
  const all = await fleet.targets.list()
  return words.map((word) => {
    const hash = word.toLowerCase()
    const isHash = /^[0-9a-f]+$/.test(hash) && hash.length >= limits.history.leastDigits
    const found = all.filter(({ infoHash, name }) => name === word || (isHash && infoHash.startsWith(hash)))
    const [one, ...more] = found
    if (one !== undefined && more.length === 0) return one.infoHash
    if (one !== undefined)
      throw new InputError(
        "usage",
        `${word.slice(0, 80)} may be any of ${found.length} torrents`,
        `Use more of the info hash: ${found
          .slice(0, 5)
          .map(({ infoHash }) => infoHash.slice(0, 12))
          .join(", ")}.`,
      )
    const near = nearest(
      word.slice(0, 80),
      all.map(({ name }) => name.slice(0, 80)),
    )
    throw new InputError(
      "no-file",
      `no torrent ${word.slice(0, 80)} in the fleet`,
      near === null ? "`torrent-audit fleet status` lists them." : `Did you mean \`${near}\`?`,
    )
  })
}
