/** `fleet add <target…> --every 6h`: what is read goes into the database, whole: workers need no file of this machine. */
import { InputError } from "../../failure.ts"
import { gatherOptions, parseVantage } from "../request.ts"
import { plural } from "../../render/units.ts"
import { formatError } from "../../render/errors.ts"
import { limits } from "../../limits.ts"
import type { FleetTarget } from "../../store/fleet.ts"
import { parseMagnet, looksLikeInfoHash, looksLikeMagnet } from "../../torrent/magnet.ts"
import { parseMetainfo } from "../../torrent/metainfo.ts"
import { openAuditing } from "../audit-target.ts"
import type { Command, Context, Flags } from "../context.ts"
import { namedBy } from "../many/words.ts"
import { specOf, type OptionName } from "../options.ts"
import { expressionOf } from "../schedule/expression.ts"
import { checkSources, exists, nameOf, readTarget } from "../target.ts"
import { withFleet } from "./places.ts"

/** They belong to a target, whoever audits it. */
const carried: ReadonlySet<string> = new Set<OptionName>([
  ...(["depth", "sample", "timeout", "max-peers", "max-download"] as const),
  ...(["tracker", "peer", "dht-bootstrap", "no-dht", "no-pex", "no-web-seeds"] as const),
  ...(["min-seeders", "min-availability", "strict", "warning", "critical"] as const),
])
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
  const vantages = vantagesOf(context.flags)
  const { targets, failed, repeated } = await readAll(context, { flags, vantages, every })
  for (const error of failed)
    terminal.err(formatError(error, { color: terminal.errorColor, ascii: terminal.ascii }))
  if (targets.length === 0) return 65
  const added = await withFleet(context, (fleet) => fleet.targets.put(targets))
  const changed = targets.length - added
  const said = [
    ...(added > 0 ? [`Added ${plural(added, "torrent")}`] : []),
    ...(changed > 0
      ? [`changed ${plural(changed, "torrent")} that ${changed === 1 ? "was" : "were"} there`]
      : []),
    ...(repeated > 0 ? [`${plural(repeated, "target")} named more than once`] : []),
  ].join(", ")
  terminal.out(`${said.charAt(0).toUpperCase()}${said.slice(1)}.\n`)
  return failed.length > 0 ? 65 : 0
}

const lastOf = (given: Flags[OptionName]): string | null =>
  given === undefined || given === true ? null : (given.at(-1) ?? null)

/** Of the command line alone: a configuration here says how this machine does it. */
function carriedFlags({ said, flags }: Context): Flags {
  const given = Object.entries((said ?? { flags }).flags)
  const stray = given.find(([name]) => !carried.has(name) && !own.has(name))
  if (stray !== undefined)
    throw new InputError(
      "usage",
      `fleet add takes no --${stray[0]}`,
      "Give it to `fleet worker`: it says how that machine looks.",
    )
  const kept: Flags = Object.fromEntries(given.filter(([name]) => carried.has(name)))
  gatherOptions(kept)
  return kept
}

function vantagesOf({ vantage }: Flags): string[] | null {
  const spec = specOf("vantage")
  if (vantage === undefined || vantage === true || spec === undefined) return null
  return [...new Set(vantage.map((label) => parseVantage(spec, label)))]
}

interface Read {
  targets: FleetTarget[]
  failed: InputError[]
  repeated: number
}

async function readAll(
  context: Context,
  with_: { flags: Flags; vantages: string[] | null; every: string },
): Promise<Read> {
  const auditing = await openAuditing({ ...context, flags: { ...context.flags, ...with_.flags } })
  const found = new Map<string, FleetTarget>()
  const failed: InputError[] = []
  let repeated = 0
  for (const { target, error } of await namedBy(context.targets)) {
    try {
      if (error !== null) throw error
      const read = await readOne(target, context, auditing)
      if (found.has(read.infoHash)) repeated++
      else
        found.set(read.infoHash, {
          ...read,
          flags: with_.flags,
          vantages: with_.vantages,
          cron: expressionOf(with_.every, read.infoHash.slice(0, 8)).text,
        })
    } catch (thrown) {
      if (!(thrown instanceof InputError)) throw thrown
      failed.push(new InputError(thrown.code, `${nameOf(target)}: ${thrown.message}`, thrown.hint))
    }
    if (found.size > limits.fleet.maxTargets)
      throw new InputError("too-large", "too many targets", `A fleet takes ${limits.fleet.maxTargets}.`)
  }
  return { targets: [...found.values()], failed, repeated }
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
