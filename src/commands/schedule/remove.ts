/** `schedule remove <target|id>`: wherever it stands. */
import { InputError } from "../../failure.ts"
import type { Scheduled } from "../../store/scheduled.ts"
import { removeUnits } from "../../store/systemd.ts"
import type { Command } from "../context.ts"
import { infoHashOf } from "../audit-target.ts"
import { readAuditTarget } from "../target.ts"
import { absoluteTarget } from "./command-line.ts"
import { idOfWords } from "./identity.ts"
import { targetsIn } from "./list.ts"
import { allScheduled, onOf, placesOf } from "./places.ts"

export const remove: Command = async (context) => {
  const { targets, flags, terminal } = context
  if (targets.length === 0)
    throw new InputError(
      "usage",
      "schedule remove needs a target or an id",
      "See `torrent-audit schedule list`.",
    )
  const places = placesOf(context)
  const all = await allScheduled(places, onOf(flags))
  const chosen = await chosenFrom(all, targets)
  for (const { on, id } of chosen) {
    const said = `${id} (${on})`
    if (flags["dry-run"] === true) {
      terminal.out(`Would remove ${said}\n`)
      continue
    }
    await (on === "cron" ? places.crontab.remove(id) : removeUnits(places.units, id))
    if (flags.quiet !== true) terminal.out(`Removed ${said}\n`)
  }
  return 0
}

/** Several words are the schedule of all of them, or else each its own. */
async function chosenFrom(all: readonly Scheduled[], words: readonly string[]): Promise<Scheduled[]> {
  const together = idOfWords(words.map(absoluteTarget))
  const joint = all.filter(({ id }) => id === together)
  if (joint.length > 0) return joint
  const chosen = new Set<Scheduled>()
  for (const word of words) {
    const found = await foundBy(all, word)
    if (found.length === 0)
      throw new InputError("not-scheduled", `${word} is not scheduled`, "See `torrent-audit schedule list`.")
    for (const each of found) chosen.add(each)
  }
  return [...chosen]
}

/** By id or a unique beginning of it, by info hash, by the word that it was installed with (whose file may be gone), or by the torrent. */
async function foundBy(all: readonly Scheduled[], word: string): Promise<Scheduled[]> {
  if (/^[0-9a-f]{4,64}$/i.test(word)) {
    const digits = word.toLowerCase()
    const found = all.filter(({ id }) => id.startsWith(digits) || digits.startsWith(id))
    const ids = new Set(found.map(({ id }) => id))
    if (ids.size > 1)
      throw new InputError(
        "bad-value",
        `${word} begins ${ids.size} ids`,
        `Use one of ${[...ids].join(", ")}.`,
      )
    if (found.length > 0) return found
  }
  const target = absoluteTarget(word)
  const named: Scheduled[] = []
  for (const each of all) if ((await targetsIn(each.words)).join("\n") === target) named.push(each)
  if (named.length > 0) return named
  const infoHash = await readAuditTarget(target, null).then(infoHashOf, () => null)
  return infoHash === null ? [] : all.filter(({ id }) => infoHash.startsWith(id))
}
