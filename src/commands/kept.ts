/** What a user calls a kept audit → the audit: by target (hash, its beginning, name, magnet, .torrent) or by its own short id. */
import { InputError } from "../failure.ts"
import type { AuditRow, Snapshot } from "../report.ts"
import type { History, KeptAudit, KeptName } from "../store/history.ts"
import type { Context } from "./context.ts"
import { nearest } from "./values.ts"

type From = Pick<Context, "stdin">

/** Throws InputError `no-file` where nothing of it is kept, `usage` where it may be any of several. */
export async function keptTarget(text: string, history: History, from: From): Promise<KeptName> {
  const found = await named(text, history, from)
  if (found.length === 1 && found[0]) return found[0]
  throw found.length === 0 ? await unknownTarget(text, history) : ambiguous(text, found)
}

/** The newest snapshot of a target, from this vantage point where one is given, or the one of an audit whose id begins so. */
export async function lastSnapshot(
  text: string,
  history: History,
  from: From,
  vantage: string | null = null,
): Promise<Snapshot> {
  const byTarget = await named(text, history, from)
  if (byTarget.length > 1) throw ambiguous(text, byTarget)
  const [target] = byTarget
  if (target !== undefined) {
    const [newest] = seenFrom(vantage, await history.whole(target.infoHash), text)
    const snapshot = newest && (await history.snapshot(newest.infoHash, newest.id))
    if (snapshot) return snapshot
    throw notWhole(text)
  }
  const snapshot = await snapshotWithId(text, history)
  if (snapshot !== null) return snapshot
  throw await unknownTarget(text, history)
}

/** All of them where no vantage point is given. Throws InputError where none is from there. */
export function seenFrom<T extends Pick<AuditRow, "vantage">>(
  vantage: string | null,
  kept: readonly T[],
  text: string,
): readonly T[] {
  const found = vantage === null ? kept : kept.filter((each) => each.vantage === vantage)
  if (found.length > 0 || kept.length === 0) return found
  const labels = [...new Set(kept.flatMap((each) => each.vantage ?? []))]
  throw new InputError(
    "no-file",
    `no audit of ${text.slice(0, longest)} from ${vantage} is kept`,
    labels.length === 0 ? "None has a --vantage." : `There are some from ${listed(labels)}.`,
  )
}

/** Null: no audit's id begins so. */
export async function snapshotWithId(text: string, history: History): Promise<Snapshot | null> {
  const [found, ...more] = await history.withId(text)
  if (found === undefined) return null
  if (more.length > 0) throw ambiguousId(text, [found, ...more])
  const snapshot = await history.snapshot(found.infoHash, found.id)
  if (snapshot === null) throw notWhole(text)
  return snapshot
}

async function named(text: string, history: History, { stdin }: From): Promise<KeptName[]> {
  // Loaded where they are needed: most who ask name what is kept, and want to know it at once.
  if (/^magnet:/i.test(text)) {
    const { parseMagnet } = await import("../torrent/magnet.ts")
    return byHashes(parseMagnet(text), history)
  }
  if (text === "-" || /\.torrent$/i.test(text)) {
    const { exists, readTarget } = await import("./target.ts")
    if (text === "-" || (await exists(text))) {
      const { parseMetainfo } = await import("../torrent/metainfo.ts")
      return byHashes(parseMetainfo(await readTarget(text, stdin), text).torrent, history)
    }
  }
  const found = await history.named(text)
  if (found.length > 0) return found
  const { looksLikeInfoHash, parseInfoHash } = await import("../torrent/magnet.ts")
  return looksLikeInfoHash(text) ? byHashes(parseInfoHash(text), history) : []
}

async function byHashes(
  { infoHashV1, infoHashV2 }: { infoHashV1: string | null; infoHashV2: string | null },
  history: History,
): Promise<KeptName[]> {
  for (const hash of [infoHashV1, infoHashV2]) {
    const found = hash === null ? [] : await history.named(hash)
    if (found.length > 0) return found
  }
  return []
}

/** Of what is shown; a torrent may have any name. */
const longest = 80
const mostNamed = 5

async function unknownTarget(text: string, history: History): Promise<InputError> {
  const names = (await history.names()).map(({ name }) => name.slice(0, longest))
  const near = nearest(text.slice(0, longest), names)
  const otherwise =
    names.length === 0 ? "Nothing is kept yet." : "`torrent-audit history` lists what is kept."
  return new InputError(
    "no-file",
    `no audit of ${text.slice(0, longest)} is kept`,
    near === null ? otherwise : `Did you mean \`${near}\`?`,
  )
}

const ambiguous = (text: string, found: readonly KeptName[]): InputError =>
  new InputError(
    "usage",
    `${text.slice(0, longest)} may be any of ${found.length} torrents`,
    `Use more of the info hash: ${listed(found.map(({ infoHash, name }) => `${infoHash.slice(0, 12)} (${name.slice(0, longest)})`))}.`,
  )

const ambiguousId = (text: string, found: readonly KeptAudit[]): InputError =>
  new InputError(
    "usage",
    `${text} may be any of ${found.length} audits`,
    `Use more digits: ${listed(found.map(({ id, startedAt }) => `${id} (${startedAt.slice(0, 16)}Z)`))}.`,
  )

const listed = (texts: readonly string[]): string =>
  texts.length > mostNamed ? `${texts.slice(0, mostNamed).join(", ")}, …` : texts.join(", ")

const notWhole = (text: string): InputError =>
  new InputError(
    "no-file",
    `of ${text.slice(0, longest)} only the line in the history is left`,
    "Of older audits one a day is kept whole: see `torrent-audit history`.",
  )
