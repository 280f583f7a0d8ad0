/** `torrent-audit report <snapshot>`: judges saved evidence again, without a network. */
import { InputError } from "../failure.ts"
import { readSnapshot } from "../store/snapshot-file.ts"
import { announceLogFile, withAnnounceLog } from "./announce-log.ts"
import type { Command } from "./context.ts"
import { deliver, verdictStatus } from "./deliver.ts"
import { gatherOptions, outputOptions } from "./request.ts"

export const report: Command = async (context) => {
  const output = outputOptions(context.flags)
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
  const snapshot = await deliver(await withAnnounceLog(evidence, logFile, context.stop), output, context)
  return verdictStatus(snapshot, output.failOn)
}
