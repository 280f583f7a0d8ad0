/** A due audit as this machine makes it: the target's options before the worker's own. */
import type { Evidence } from "../../evidence.ts"
import { InputError } from "../../failure.ts"
import type { Auditor, Audited } from "../../fleet/take.ts"
import { gather, identityOf, type SharedTools, type Target } from "../../gather.ts"
import type { Network } from "../../network.ts"
import type { FleetTarget, SharedAnswers } from "../../store/fleet.ts"
import { redact, redactions, type Redaction } from "../../store/redact.ts"
import { parseMagnet } from "../../torrent/magnet.ts"
import { parseMetainfo } from "../../torrent/metainfo.ts"
import { openAuditing, type Auditing } from "../audit-target.ts"
import type { Context, Flags } from "../context.ts"
import { errorStatus } from "../exit-status.ts"
import { trackerHostsOf } from "../many/targets.ts"
import { gatherOptions } from "../request.ts"
import { snapshotOf } from "../snapshot.ts"
import { carriedOf } from "./carried.ts"

export interface Tools {
  network: Network
  /** Port, DHT client and budgets of all audits of this worker together. */
  shared: SharedTools
  /** Of the whole fleet: a peer has one name from wherever it was seen. */
  key: Uint8Array
}

const mostKept = 100

export function auditorFor(context: Context, { network, shared, key }: Tools): Auditor {
  const flagsFor = ({ flags }: FleetTarget): Flags => ({ ...context.flags, ...carriedOf(flags) })
  const how = redactionOf(context.flags)
  const opened = new Map<string, Auditing>()

  /** Databases of places, say, are read once for all targets of the same options. */
  async function auditingFor(target: FleetTarget): Promise<Auditing> {
    const flags = flagsFor(target)
    const name = JSON.stringify(flags)
    const known = opened.get(name)
    if (known) return known
    if (opened.size >= mostKept) opened.clear()
    const auditing = await openAuditing({ ...context, flags }, {}, { elsewhereLocked: true })
    opened.set(name, auditing)
    return auditing
  }

  async function gatherFor(
    target: FleetTarget,
    answers: SharedAnswers,
    stop: AbortSignal,
  ): Promise<Evidence> {
    const audit = await (await auditingFor(target)).prepare(targetOf(target))
    // Another choice of pieces each time, unless the user made it.
    const { seed } = gatherOptions(flagsFor(target))
    return audit({
      gather: (asked, options, memory) =>
        gather(asked, { ...options, seed }, { network, ...memory, answers, shared, onProgress() {}, stop }),
      salvage: async () => {},
      deliver: async () => {},
    })
  }

  return {
    hostsOf: (target) => hostsOf(target, flagsFor(target)),
    async audit(target, answers, stop): Promise<Audited> {
      try {
        const evidence = await gatherFor(target, answers, stop)
        const { stopReason } = evidence.run
        if (stopReason === "interrupted" || stopReason === "terminated" || stop.aborted)
          return { kind: "stopped" }
        return { kind: "audited", snapshot: snapshotOf(redact(evidence, how, key)) }
      } catch (thrown) {
        if (stop.aborted) return { kind: "stopped" }
        const error =
          thrown instanceof InputError
            ? thrown
            : new InputError("internal", String(thrown), "This is a bug of torrent-audit: please report it.")
        return { kind: "failed", error, isFinal: isFinal(error) }
      }
    },
  }
}

/** What the user would have to mend, and a magnet that nobody has the metadata of; the rest may pass. */
const isFinal = ({ code }: InputError): boolean =>
  code === "no-metadata" || ([64, 65, 78].includes(errorStatus(code)) && code !== "fetch-failed")

const redactionOf = ({ redact: given }: Flags): Redaction =>
  redactions.find((each) => typeof given === "object" && each === given.at(-1)) ?? "prefix"

const targetOf = ({ source, name }: FleetTarget): Target =>
  "magnet" in source
    ? { magnet: parseMagnet(source.magnet) }
    : { metainfo: parseMetainfo(source.metainfo, name) }

function hostsOf(target: FleetTarget, flags: Flags): readonly string[] {
  try {
    const options = gatherOptions(flags)
    // Among ourselves nobody needs to wait.
    return options.pace === "lab" ? [] : trackerHostsOf(identityOf(targetOf(target)), options)
  } catch {
    // What is wrong with it is told when it is audited.
    return []
  }
}
