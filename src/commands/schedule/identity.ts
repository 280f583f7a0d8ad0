/** Which schedule is whose: 8 digits that stand in the crontab's marks and in the units' names. */
import { createHash } from "node:crypto"
import { infoHashOf, openAuditing } from "../audit-target.ts"
import type { Context } from "../context.ts"
import { isPlural, namedBy } from "../many/words.ts"
import { checkSources, readAuditTarget } from "../target.ts"

const digits = 8

/**
 * The beginning of the info hash of a single torrent, by whatever words it is named; of several, and of a directory or list, whose
 * torrents may change, of a hash of the (absolute) words. Throws InputError for targets that no audit could begin with.
 */
export async function checkedId(targets: readonly string[], context: Context): Promise<string> {
  const auditing = await openAuditing({ ...context, targets })
  let infoHash = ""
  for (const target of targets) {
    if (await isPlural(target)) {
      const named = await namedBy([target])
      const [bad] = named
      if (bad?.error && named.every(({ error }) => error !== null)) throw bad.error
    } else {
      const read = await readAuditTarget(target, null, auditing.fetchUrl)
      checkSources(read, auditing.options)
      infoHash = infoHashOf(read)
    }
  }
  return targets.length === 1 && infoHash !== "" ? infoHash.slice(0, digits) : idOfWords(targets)
}

export const idOfWords = (targets: readonly string[]): string =>
  createHash("sha256").update(targets.toSorted().join("\n")).digest("hex").slice(0, digits)

/** The same one each time, and evenly spread: minute, hour and weekday are made of it. */
export const spreadOf = (id: string): number => Number.parseInt(id, 16)
