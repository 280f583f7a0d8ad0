/** `torrent-audit dht sample [TARGET]`: info hashes that the nodes around a key hold (BEP 51). */
import { samplesOf } from "../../discovery/dht/reply-fields.ts"
import { toHex } from "../../discovery/dht/node-id.ts"
import type { DhtAnswer } from "../../evidence/dht-command.ts"
import { InputError } from "../../failure.ts"
import { randomBytes } from "node:crypto"
import type { Context } from "../context.ts"
import { dhtOptions } from "./options.ts"
import { runDht } from "./session.ts"

export async function sample(words: readonly string[], context: Context): Promise<DhtAnswer> {
  const [word, ...more] = words
  if (more.length > 0 || (word !== undefined && !/^[\da-f]{40}$/i.test(word)))
    throw new InputError(
      "usage",
      "dht sample takes at most one target of 40 hex digits",
      "Without one, the nodes around a random key are asked.",
    )
  const target =
    word === undefined ? new Uint8Array(randomBytes(20)) : new Uint8Array(Buffer.from(word, "hex"))
  const options = dhtOptions(context.flags)
  return runDht({ command: "sample", options, target }, context, async (session) => {
    const found = new Set<string>()
    await Promise.all(
      session.clients.map((client) =>
        session.lookUp(client, {
          target,
          method: "sample_infohashes",
          onReply({ address, reply }) {
            const sent = samplesOf(reply.body)
            if (sent === null) return
            const { infoHashes, total, intervalMs } = sent
            // The bounds on packets and queries are bound enough.
            for (const hash of infoHashes) found.add(toHex(hash))
            session.log.note(address, { samples: infoHashes.length, total, intervalMs })
          },
        }),
      ),
    )
    return { samples: [...found], answer: found.size > 0 ? "found" : "not-found" }
  })
}
