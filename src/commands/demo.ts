/** `torrent-audit demo`: a small real swarm on loopback, audited by the same code as any target, held against the truth. */
import { startDemoSwarm, type DemoSwarm } from "../demo/swarm.ts"
import { forgetful } from "../discovery/answers.ts"
import { noNodes } from "../discovery/dht.ts"
import { InputError } from "../failure.ts"
import { realNetwork } from "../network.ts"
import type { Snapshot } from "../report.ts"
import { parseMetainfo } from "../torrent/metainfo.ts"
import { refuseTargets, type Command } from "./context.ts"
import { deliver } from "./deliver.ts"
import { gatherOptions, outputOptions } from "./request.ts"
import { gatherShown } from "./shown.ts"
import { streaming } from "./deliver/stream.ts"

/** Loopback waits for nobody, so the demo is brisk unless told otherwise. */
const brisk = { pace: ["lab"], timeout: ["55s"] } as const

export const demo: Command = async (context) => {
  refuseTargets(context, "demo")
  const flags = { ...brisk, ...context.flags, "allow-local": true } as const
  if (flags.proxy !== undefined)
    throw new InputError("usage", "--proxy with demo", "The demo's swarm is on loopback: no proxy is needed.")
  const asked = outputOptions(flags)
  const output = streaming({ ...asked, redact: asked.redact ?? "none" }, context)
  const options = gatherOptions(flags)
  const network = realNetwork({ bind: { ipv4: "127.0.0.1" }, families: ["ipv4"] })
  const swarm = await startDemoSwarm(network)
  try {
    const metainfo = parseMetainfo(swarm.torrentBytes)
    const evidence = await gatherShown(
      { metainfo },
      { ...options, families: ["ipv4"] },
      { answers: forgetful, nodes: noNodes },
      output,
      context,
      network,
    )
    const snapshot = await deliver(evidence, { ...output, keep: false }, context)
    const { text, right } = holdAgainstTruth(snapshot, swarm, context.terminal.ascii)
    if (output.format === "text") context.terminal.out(text)
    else context.terminal.err(text)
    if (context.stop.aborted) return context.stop.reason === "terminated" ? 143 : 130
    return right ? 0 : 2
  } finally {
    await swarm.stop()
  }
}

/** Every planted lie named, by the right audit, and nobody else accused. */
export function holdAgainstTruth(
  { findings }: Pick<Snapshot, "findings">,
  { liars, peers }: Pick<DemoSwarm, "liars" | "peers">,
  ascii: boolean,
): { text: string; right: boolean } {
  const [yes, no] = ascii ? ["ok", "XX"] : ["✓", "✗"]
  const accusations = findings.filter(
    ({ verdict, subject }) => (verdict === "warn" || verdict === "fail") && /^(peer|tracker):/.test(subject),
  )
  const named = liars.filter((lie) =>
    accusations.some(({ audit, subject }) => audit === lie.audit && subject === lie.subject),
  )
  const wronged = accusations.filter(
    ({ audit, subject }) => !liars.some((lie) => lie.audit === audit && lie.subject === subject),
  )
  const nameOf = (subject: string) =>
    peers.find(({ address }) => subject === `peer:${address}`)?.name ?? subject
  const lines = [
    `DEMO  ${named.length} of ${liars.length} planted lies were named; ${wronged.length === 0 ? "nobody else was" : `${wronged.length} others were`} accused`,
    ...liars.map(
      (lie) => `  ${named.includes(lie) ? yes : no} ${lie.audit.padEnd(16)} ${nameOf(lie.subject)}`,
    ),
    ...wronged.map(({ audit, subject }) => `  ${no} ${audit.padEnd(16)} ${nameOf(subject)}, wrongly`),
  ]
  return { text: `\n${lines.join("\n")}\n`, right: named.length === liars.length && wronged.length === 0 }
}
