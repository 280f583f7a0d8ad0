/** `help`, `help TOPIC`, `help COMMAND` and `help FINDING`. */
import { InputError } from "../failure.ts"
import type { Command } from "./context.ts"
import { firstScreen } from "./help/first-screen.ts"
import { commandTopics, otherNames, subjectTopics } from "./help/topics.ts"

export { firstScreen }

/** Null: nothing is known by that name. */
export async function helpPage(topic: string): Promise<string | null> {
  if (topic === "topics") return index()
  const name = Object.hasOwn(otherNames, topic) ? (otherNames[topic] ?? topic) : topic
  for (const topics of [commandTopics, subjectTopics])
    if (Object.hasOwn(topics, name)) return (await topics[name]?.()) ?? null
  const { findingPage } = await import("./help/findings.ts")
  return findingPage(name)
}

/** What `torrent-audit help` prints. */
async function index(): Promise<string> {
  const { flow } = await import("../render/text.ts")
  const list = (title: string, names: readonly string[]) => [
    title,
    ...flow(names, 76).map((line) => `  ${line}`),
    "",
  ]
  const { findingIds } = await import("./help/findings.ts")
  const lines = [
    ...list("Commands: torrent-audit help COMMAND", Object.keys(commandTopics)),
    ...list("Topics: torrent-audit help TOPIC", Object.keys(subjectTopics)),
    ...list("Findings: torrent-audit help FINDING", findingIds),
  ]
  return `${lines.join("\n")}The first screen: torrent-audit --help\n`
}

async function unknownTopic(topic: string): Promise<InputError> {
  const { nearest } = await import("./values.ts")
  const { findingIds } = await import("./help/findings.ts")
  const names = [commandTopics, subjectTopics, otherNames].flatMap(Object.keys)
  const near = nearest(topic, [...names, ...findingIds])
  return new InputError(
    "usage",
    `no help on ${topic}`,
    near === null ? "`torrent-audit help` lists the topics." : `Did you mean help ${near}?`,
  )
}

/** No topic is `--help` alone; for `help` alone `parse` says "topics". */
export const help: Command = async ({ terminal, targets }) => {
  const [topic] = targets
  const page = topic === undefined ? firstScreen : await helpPage(topic)
  if (page === null) throw await unknownTopic(topic ?? "")
  terminal.out(page)
  return 0
}
