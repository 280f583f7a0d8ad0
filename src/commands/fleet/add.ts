/** `fleet add <target…> --every 6h`: what is read goes into the database, whole: workers need no file of this machine. */
import { InputError } from "../../failure.ts"
import { gatherOptions, parseVantage } from "../request.ts"
import { plural } from "../../render/units.ts"
import { formatError } from "../../render/errors.ts"
import { limits } from "../../limits.ts"
import type { Fleet, FleetTarget } from "../../store/fleet.ts"
import { parseMagnet, looksLikeInfoHash, looksLikeMagnet } from "../../torrent/magnet.ts"
import { parseMetainfo } from "../../torrent/metainfo.ts"
import { openAuditing } from "../audit-target.ts"
import type { Command, Context, Flags } from "../context.ts"
import { namedBy } from "../many/words.ts"
import { specOf, type OptionName } from "../options.ts"
import { expressionOf } from "../schedule/expression.ts"
import { checkSources, exists, nameOf, readTarget } from "../target.ts"
import { carriedOf, isCarried } from "./carried.ts"
import { withFleet } from "./places.ts"

const own: ReadonlySet<string> = new Set<OptionName>([
  "store",
  "every",
  "vantage",
  "config",
  "color",
  "ascii",
])

export const add: Command = async (context) => {
  const { terminal } = context
  const every = lastOf(context.flags.every)
  if (context.targets.length === 0 || every === null)
    throw new InputError(
      "usage",
      "fleet add needs a target and --every",
      "torrent-audit fleet add x.torrent --every 6h",
    )
  // Wrong for one it is wrong for all of them.
  expressionOf(every, "0")
  const flags = carriedFlags(context)
  const sharing = { flags, vantages: vantagesOf(context.flags) }
  const [done, unmanned] = await withFleet(context, async (fleet) => [
    await addAll(context, every, sharing, fleet),
    await unmannedOf(sharing.vantages ?? [], fleet),
  ])
  for (const error of done.failed)
    terminal.err(formatError(error, { color: terminal.errorColor, ascii: terminal.ascii }))
  if (done.torrents > 0) terminal.out(`${saying(done)}.\n`)
  for (const label of unmanned)
    terminal.err(`note: no worker has come to ${label} yet: torrent-audit fleet worker --vantage ${label}\n`)
  return done.failed.length > 0 ? 65 : 0
}

interface Done {
  torrents: number
  added: number
  repeated: number
  failed: InputError[]
}

function saying({ torrents, added, repeated }: Done): string {
  const changed = torrents - added
  const said = [
    ...(added > 0 ? [`added ${plural(added, "torrent")}`] : []),
    ...(changed > 0
      ? [`changed ${plural(changed, "torrent")} that ${changed === 1 ? "was" : "were"} there`]
      : []),
    ...(repeated > 0 ? [`${plural(repeated, "target")} named more than once`] : []),
  ].join(", ")
  return said.charAt(0).toUpperCase() + said.slice(1)
}

const lastOf = (given: Flags[OptionName]): string | null =>
  given === undefined || given === true ? null : (given.at(-1) ?? null)

/** Of the command line alone: a configuration here says how this machine does it. */
function carriedFlags({ said, flags }: Context): Flags {
  const given = Object.entries((said ?? { flags }).flags)
  const stray = given.find(([name]) => !isCarried(name) && !own.has(name))
  if (stray !== undefined)
    throw new InputError(
      "usage",
      `fleet add takes no --${stray[0]}`,
      "Give it to `fleet worker`: it says how that machine looks.",
    )
  const kept = carriedOf(Object.fromEntries(given))
  gatherOptions(kept)
  return kept
}

function vantagesOf({ vantage }: Flags): string[] | null {
  const spec = specOf("vantage")
  if (vantage === undefined || vantage === true || spec === undefined) return null
  return [...new Set(vantage.map((label) => parseVantage(spec, label)))]
}

/** A label may be misspelled, and then nothing would ever be audited. */
async function unmannedOf(labels: readonly string[], { workers }: Fleet): Promise<string[]> {
  if (labels.length === 0) return []
  const known = await workers.living()
  return labels.filter((label) => !known.has(label))
}

/** A few at a time: tens of thousands of torrents would fill the memory. What can't be read stands beside them and stops nobody. */
async function addAll(
  context: Context,
  every: string,
  sharing: Pick<FleetTarget, "flags" | "vantages">,
  { targets }: Fleet,
): Promise<Done> {
  const auditing = await openAuditing({ ...context, flags: { ...context.flags, ...sharing.flags } })
  const seen = new Set<string>()
  const done: Done = { torrents: 0, added: 0, repeated: 0, failed: [] }
  let batch: FleetTarget[] = []
  const flush = async () => {
    done.torrents += batch.length
    done.added += batch.length === 0 ? 0 : await targets.put(batch)
    batch = []
  }
  for (const { target, error } of await namedBy(context.targets)) {
    try {
      if (error !== null) throw error
      const read = await readOne(target, context, auditing)
      const { infoHash } = read
      if (seen.has(infoHash)) done.repeated++
      else batch.push({ ...read, ...sharing, cron: expressionOf(every, infoHash.slice(0, 8)).text })
      seen.add(infoHash)
    } catch (thrown) {
      if (!(thrown instanceof InputError)) throw thrown
      done.failed.push(new InputError(thrown.code, `${nameOf(target)}: ${thrown.message}`, thrown.hint))
    }
    if (batch.length >= limits.fleet.targetsAtOnce) await flush()
  }
  await flush()
  return done
}

async function readOne(
  target: string,
  { stdin }: Context,
  { options, fetchUrl }: Awaited<ReturnType<typeof openAuditing>>,
): Promise<Pick<FleetTarget, "infoHash" | "name" | "source">> {
  const isHash = looksLikeInfoHash(target) && !(await exists(target))
  if (isHash || looksLikeMagnet(target)) {
    const link = isHash ? magnetOf(target) : target
    const magnet = parseMagnet(link)
    checkSources({ magnet }, options)
    const infoHash = magnet.infoHashV1 ?? magnet.infoHashV2 ?? ""
    return { infoHash, name: magnet.name ?? infoHash, source: { magnet: link } }
  }
  const bytes = await readTarget(target, stdin, fetchUrl)
  const metainfo = parseMetainfo(bytes, nameOf(target))
  checkSources({ metainfo }, options)
  const { infoHashV1, infoHashV2, name } = metainfo.torrent
  return { infoHash: infoHashV1 ?? infoHashV2 ?? "", name, source: { metainfo: bytes } }
}

const magnetOf = (hash: string): string =>
  hash.length === 40 ? `magnet:?xt=urn:btih:${hash}` : `magnet:?xt=urn:btmh:1220${hash}`
