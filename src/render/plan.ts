/** What an audit would do, before it does it. */
import { symbolsFor } from "./page.ts"
import { escape, says, wrap } from "./text.ts"
import { bytes, duration, plural } from "./units.ts"

export interface Plan {
  targets: readonly {
    target: string
    name: string
    infoHash: string
    /** Whom it would ask, each as a word or a (masked) URL. */
    sources: readonly string[]
  }[]
  /** Fetched first: what they hold is not known yet. */
  urls: readonly string[]
  failed: readonly { target: string; error: { code: string; message: string; hint: string } }[]
  /** Named again by other words. */
  repeated: number
  limits: {
    depth: string
    pace: string
    timeoutMs: number
    maxPeers: number
    maxDownloadBytes: number
    samplePieces: number
    atOnce: number
    proxied: boolean
  }
  /** Files and directories; the history's directory, null where nothing is kept. */
  outputs: readonly string[]
  history: string | null
}

export function renderPlan(plan: Plan, { columns, ascii }: { columns: number; ascii: boolean }): string {
  const { targets, urls, failed, repeated, limits } = plan
  const { bad, none } = symbolsFor(ascii)
  const safe = (text: string) => escape(text, ascii)
  const lines: string[] = []
  const say = (text: string, hang: number) => {
    const rows = wrap(safe(text), Math.max(32, columns) - hang)
    lines.push(...rows.map((row) => " ".repeat(hang) + row))
  }
  const count = targets.length + urls.length
  say(`Would audit ${plural(count, "torrent")}; nothing was sent.`, 0)
  for (const { target, name, infoHash, sources } of targets) {
    lines.push("")
    say(name.trim() || "(no name)", 2)
    if (target !== infoHash) say(target, 4)
    say(infoHash, 4)
    say(`asks ${sources.join(", ") || none}`, 4)
  }
  if (urls.length > 0) lines.push("")
  for (const url of urls) say(`fetches ${url} first`, 2)
  if (failed.length > 0) lines.push("")
  for (const { target, error } of failed)
    say(`${bad} ${says(target, error.message) ? "" : `${target}: `}${error.message}`, 2)
  lines.push("")
  say(
    [
      `depth ${limits.depth}, pace ${limits.pace}`,
      `at most ${duration(limits.timeoutMs)}, ${plural(limits.maxPeers, "peer")} and ${bytes(limits.maxDownloadBytes)} each`,
      ...(limits.depth === "sample" ? [plural(limits.samplePieces, "sampled piece")] : []),
      ...(count > 1 ? [`${Math.min(count, limits.atOnce)} at once`] : []),
      ...(limits.proxied ? ["through the proxy"] : []),
      ...(repeated > 0 ? [`${repeated} named more than once`] : []),
    ].join("; "),
    0,
  )
  say(`saves ${plan.outputs.join(", ") || "no file"}; history ${plan.history ?? "off"}`, 0)
  return `${lines.join("\n")}\n`
}
