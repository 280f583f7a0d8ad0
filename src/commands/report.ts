/** `torrent-audit report <snapshot>`: judges saved evidence again, without a network. */
import type { Evidence } from "../evidence.ts"
import { InputError } from "../failure.ts"
import { redact } from "../store/redact.ts"
import { readSnapshot } from "../store/snapshot-file.ts"
import { redactionKey, stateDirectory } from "../store/state.ts"
import { announceLogFile, withAnnounceLog } from "./announce-log.ts"
import type { Command, Context } from "./context.ts"
import { deliver, verdictStatus } from "./deliver.ts"
import { gatherOptions, outputOptions } from "./request.ts"

export const report: Command = async (context) => {
  const output = { ...outputOptions(context.flags), keep: false }
  const { thresholds } = gatherOptions(context.flags)
  const [path, ...more] = context.targets
  if (path === undefined || more.length > 0)
    throw new InputError("usage", "report takes one snapshot", "torrent-audit report old.json")
  const logFile = await announceLogFile(context.flags)
  const saved = await readSnapshot(path)
  const { run: asRun, torrent, trackers, dht, webSeeds, peers, earlier, announceLog } = saved
  const asked = asRun.thresholds
  const run = {
    ...asRun,
    thresholds: {
      minSeeders: thresholds.minSeeders ?? asked.minSeeders,
      minAvailability: thresholds.minAvailability ?? asked.minAvailability,
      strict: thresholds.strict || asked.strict,
    },
  }
  const evidence = {
    run,
    torrent,
    trackers,
    dht,
    webSeeds,
    peers,
    ...(earlier !== undefined && { earlier }),
    ...(announceLog !== undefined && { announceLog }),
  }
  const told = await withAnnounceLog(evidence, logFile, context.stop)
  const snapshot = await deliver(logFile === null ? told : renamedAlike(told, context), output, context)
  return verdictStatus(snapshot, output.failOn)
}

/** A log has the addresses that a saved snapshot's peers had before they were renamed: where that was done here, they get the same names. */
function renamedAlike(evidence: Evidence, { environment }: Context): Evidence {
  const renamed = evidence.peers.find(({ address }) => address.includes("~"))
  if (renamed === undefined) return evidence
  const how = renamed.address.startsWith("~") ? "full" : "prefix"
  return redact(evidence, how, redactionKey(stateDirectory(environment)))
}
