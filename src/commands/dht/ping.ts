/** `torrent-audit dht ping HOST:PORT`: does this node answer, who is it, and where does it see us? */
import type { DhtAnswer } from "../../evidence/dht-command.ts"
import { failure, InputError } from "../../failure.ts"
import { addressKind, admits, anyPort, formatEndpoint, splitHostPort } from "../../torrent/endpoint.ts"
import type { Context } from "../context.ts"
import { dhtOptions } from "./options.ts"
import { runDht, type DhtSession, type Findings } from "./session.ts"

/** A datagram may get lost. */
const tries = 3
/** The schema's bound for an endpoint. */
const maxNameLength = 100

export async function ping(words: readonly string[], context: Context): Promise<DhtAnswer> {
  const [name = "", ...more] = words
  const split = splitHostPort(name)
  if (more.length > 0 || !split || split.port === 0)
    throw new InputError(
      "usage",
      "dht ping takes one host and port",
      "torrent-audit dht ping 192.0.2.7:6881, dht.example.org:6881 or [2001:db8::7]:6881",
    )
  const options = dhtOptions(context.flags)
  return runDht({ command: "ping", options, asked: [name], target: null }, context, (session) =>
    pingAll(split, session),
  )
}

async function pingAll(to: { host: string; port: number }, session: DhtSession): Promise<Findings> {
  const { network, clients, rules, signal, log } = session
  const resolved = await network.resolve(to.host, signal)
  if (!resolved.ok) {
    log.note(formatEndpoint(to.host, to.port).slice(-maxNameLength), { failure: resolved.failure })
    return { answer: "no-answer" }
  }
  const addresses = resolved.value.map(({ host, family }) => ({ host, family, port: to.port }))
  const admitted = addresses.filter(({ host, port }) => admits(anyPort(rules), host, port))
  if (admitted.length === 0) throw notAdmitted(addresses[0]?.host ?? to.host)
  await Promise.all(
    admitted.map(async ({ host, port, family }) => {
      const client = clients.find((each) => each.family === family)
      if (!client)
        return log.note(formatEndpoint(host, port), {
          failure: failure("unreachable", "no socket of its family"),
        })
      for (let tried = 0; tried < tries; tried++) {
        const outcome = await client.query({ host, port }, "ping", {}, signal)
        if (outcome.ok || outcome.failure.code !== "timeout") return
      }
    }),
  )
  return { answer: log.sorted().some(({ ms }) => ms !== null) ? "found" : "no-answer" }
}

function notAdmitted(host: string): InputError {
  const kind = addressKind(host)
  return new InputError(
    "bad-value",
    `${host} is ${kind === "never" ? "no address that a node can have" : `a ${kind} address`}`,
    kind === "never"
      ? "Name a unicast address."
      : kind === "public"
        ? "Leave out --pace lab."
        : "Add --allow-local.",
  )
}
