/** `--dry-run` of an audit: the targets, whom they would be asked of, limits and files. Nothing is sent, nothing written. */
import { contactsPeers } from "../evidence/words.ts"
import type { Depth } from "../evidence.ts"
import { InputError } from "../failure.ts"
import { identityOf, sourceUse, type GatherOptions, type Target } from "../gather.ts"
import { limits } from "../limits.ts"
import { renderPlan, type Plan } from "../render/plan.ts"
import { plainJson } from "../evidence/plain-json.ts"
import { stateDirectory } from "../store/state.ts"
import { maskTrackerUrl, maskWebSeedUrl } from "../torrent/tracker-url.ts"
import { openAuditing } from "./audit-target.ts"
import type { Context } from "./context.ts"
import { directoriesIn } from "./deliver/directories.ts"
import { audits } from "./many/audits.ts"
import { newMemory, resolveTargets } from "./many/targets.ts"
import { outputOptions } from "./request.ts"
import { version } from "./version.ts"

const unfetched = "unfetched"

export async function dryRun(context: Context, forced: { depth?: Depth }): Promise<number> {
  const { directories, flags } = await directoriesIn(context.flags)
  const own = { ...context, flags }
  const output = outputOptions(flags)
  const { options } = await openAuditing(own, forced)
  if (context.targets.length === 0)
    throw new InputError("usage", "no target given", "torrent-audit file.torrent, or torrent-audit --help")
  const notYet = () => Promise.reject(new InputError(unfetched, "not fetched", ""))
  const { known, failed, repeated } = await resolveTargets(own, options, notYet, newMemory())
  const urls = failed.filter(({ error }) => error.code === unfetched).map(({ label }) => label)
  const wrong = failed.filter(({ error }) => error.code !== unfetched)
  const [only] = wrong
  if (only && known.length + urls.length + wrong.length === 1) throw only.error

  const targets: Plan["targets"][number][] = []
  for (const { label, name, infoHash, load } of known)
    targets.push({ target: label, name, infoHash, sources: sourcesOf(await load(), options) })
  const { depth, pace, timeoutMs, maxPeers, maxDownloadBytes, samplePieces, proxied } = options
  const plan: Plan = {
    targets,
    urls,
    failed: wrong.map(({ label, error: { code, message, hint } }) => ({
      target: label,
      error: { code, message, hint },
    })),
    repeated,
    limits: {
      depth,
      pace,
      timeoutMs,
      maxPeers,
      maxDownloadBytes,
      samplePieces,
      atOnce: audits(options),
      proxied,
    },
    outputs: [...output.files, ...directories],
    history: output.keep ? stateDirectory(context.environment) : null,
  }
  const { terminal } = context
  terminal.out(
    output.format === "json"
      ? `${plainJson({ tool: { name: "torrent-audit", version }, dryRun: plan })}\n`
      : renderPlan(plan, terminal),
  )
  return wrong.length > 0 ? 3 : 0
}

function sourcesOf(target: Target, options: GatherOptions): string[] {
  const identity = identityOf(target)
  const visits = contactsPeers(options.depth)
  const use = sourceUse(identity, options)
  const seeds = "metainfo" in target ? target.metainfo.webSeeds : []
  const trackers = new Set([...identity.tiers.flat(), ...options.trackers].map(maskTrackerUrl))
  return [
    ...trackers,
    ...(use.dht === "on" ? ["the DHT"] : []),
    ...(use.pex === "on" ? ["peers about peers (PEX)"] : []),
    ...(use.lsd === "on" ? ["the local network (LSD)"] : []),
    ...identity.peers,
    ...options.peers,
    ...(visits && options.webSeeds
      ? seeds.slice(0, limits.webSeed.maxSeeds).map(({ url }) => maskWebSeedUrl(url))
      : []),
  ]
}
