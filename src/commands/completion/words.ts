/** What can stand where on a command line, for the completion of every shell: from the tables that the commands themselves go by. */
import { dhtCommands } from "../../evidence/dht-command.ts"
import { commandTopics, otherNames, subjectTopics } from "../help/topics.ts"
import { findingIds } from "../help/findings.ts"
import { options, type OptionSpec } from "../options.ts"
import { commandsTaking, oppositeOf } from "../taken.ts"
import { commandNames } from "../target.ts"

export const commands: readonly string[] = commandNames

export type Kind = "file" | "directory" | "torrent" | "snapshot" | "nothing"

/** What an option's value is, where it is no choice. */
const kindOfValue: Readonly<Record<string, Kind>> = {
  out: "file",
  config: "file",
  mmdb: "file",
  "announce-log": "file",
  key: "file",
  file: "file",
  reference: "directory",
}

export const valueKind = ({ name }: OptionSpec): Kind => kindOfValue[name] ?? "nothing"

/** Words that may follow a command; the rest takes files, of this kind. */
export const wordsAfter: Readonly<Record<string, readonly string[]>> = {
  help: [...new Set([...Object.keys(commandTopics), ...Object.keys(subjectTopics), ...findingIds])].filter(
    (topic) => !Object.hasOwn(otherNames, topic),
  ),
  completion: ["bash", "zsh"],
  schema: ["snapshot", "config"],
  dht: dhtCommands,
  schedule: ["install", "list", "remove"],
  fleet: ["init", "add", "worker", "status", "remove"],
}

export const targetKind = (command: string): Kind => {
  if (["report", "diff", "merge"].includes(command)) return "snapshot"
  return ["help", "completion", "schema", "demo", "doctor"].includes(command) ? "nothing" : "torrent"
}

/** Of file names, in the globs of both shells. */
export const endings: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  torrent: ["*.torrent"],
  snapshot: ["*.json", "*.json.gz", "*.html"],
}

export const dashed = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`)

export const namesOf = (spec: OptionSpec): string[] =>
  spec.alias ? [dashed(spec.alias), dashed(spec.name)] : [dashed(spec.name)]

export const opposites: readonly string[] = (options as readonly OptionSpec[]).flatMap(
  (spec) => oppositeOf(spec) ?? [],
)

/** Options in the groups that the same commands take. */
export function byTakers(): { takers: readonly string[]; specs: OptionSpec[] }[] {
  const groups = new Map<string, { takers: readonly string[]; specs: OptionSpec[] }>()
  for (const spec of options as readonly OptionSpec[]) {
    const takers = commandsTaking(spec)
    const group = groups.get(takers.join()) ?? { takers, specs: [] }
    group.specs.push(spec)
    groups.set(takers.join(), group)
  }
  return [...groups.values()]
}

export const takesValue = ({ kind }: OptionSpec): boolean => kind !== "flag"
