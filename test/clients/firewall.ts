/** What a host drops without a word, so that whoever dials it waits. An address that is nobody's is known at once on one segment. */
import type { Host, Lab } from "./netns.ts"

/** `match` empty: everything that comes in. In place of what it dropped before. */
export async function drop(lab: Lab, host: Host, match: string): Promise<void> {
  const rules = [
    ...nothing,
    "add chain inet lab in { type filter hook input priority 0; policy accept; }",
    `add rule inet lab in iifname eth0 ${match} drop`,
  ]
  await lab.run(host, "nft", [rules.join("\n")])
}

export async function dropNothing(lab: Lab, host: Host): Promise<void> {
  await lab.run(host, "nft", [nothing.join("\n")])
}

/** Adding a table that exists does nothing, deleting one that doesn't fails. */
const nothing = ["add table inet lab", "delete table inet lab", "add table inet lab"]
