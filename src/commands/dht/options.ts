/** Flags of `torrent-audit dht …` → values, each checked before anything is sent. */
import type { Endpoint, Family } from "../../evidence.ts"
import { InputError } from "../../failure.ts"
import { paceNames, type PaceName } from "../../limits.ts"
import type { Flags } from "../context.ts"
import { specOf, type OptionName, type OptionSpec } from "../options.ts"
import { bindAddresses, bootstrapNode } from "../request.ts"
import { parseChoice, parseCount, parseDuration } from "../values.ts"

export interface DhtOptions {
  json: boolean
  timeoutMs: number
  families: readonly Family[]
  bind: Partial<Record<Family, string>>
  /** First nodes, as given; empty: the default ones, unless local addresses are admitted. */
  bootstrap: readonly Endpoint[]
  allowLocal: boolean
  pace: PaceName
  yes: boolean
}

/** Ample for a search over both families; a search that converges ends earlier by itself. */
const defaultTimeoutMs = 60_000

export const textsOf = (flags: Flags, name: OptionName): readonly string[] => {
  const given = flags[name]
  return given === undefined || given === true ? [] : given
}

/** The last one wins where a value is given twice. */
export function optionOf<T>(
  flags: Flags,
  name: OptionName,
  parse: (option: OptionSpec, text: string) => T,
): T | null {
  const text = textsOf(flags, name).at(-1)
  const spec = specOf(name)
  if (!spec) throw new Error(`no option ${name}`)
  return text === undefined ? null : parse(spec, text)
}

export function dhtOptions(flags: Flags): DhtOptions {
  const only4 = flags["4"] === true && flags["6"] !== true
  const only6 = flags["6"] === true && flags["4"] !== true
  const format = optionOf(flags, "format", parseChoice)
  return {
    json: flags.json === true || format === "json",
    timeoutMs: optionOf(flags, "timeout", parseDuration) ?? defaultTimeoutMs,
    families: only4 ? ["ipv4"] : only6 ? ["ipv6"] : ["ipv4", "ipv6"],
    bind: bindAddresses(flags),
    bootstrap: textsOf(flags, "dht-bootstrap").map(bootstrapNode),
    allowLocal: flags["allow-local"] === true,
    pace: paceNames.find((name) => name === optionOf(flags, "pace", parseChoice)) ?? "normal",
    yes: flags.yes === true,
  }
}

export const portOf = (flags: Flags): number | null =>
  optionOf(flags, "port", (spec, text) => parseCount(spec, text, 1, 65_535))

/** BEP 44's `seq` and `cas`; what we write is bounded by what our encoder writes exactly. */
export function sequenceOf(flags: Flags, name: "seq" | "cas"): bigint | null {
  return optionOf(flags, name, (spec, text) => {
    if (/^\d{1,16}$/.test(text) && Number(text) <= Number.MAX_SAFE_INTEGER) return BigInt(text)
    throw new InputError(
      "bad-value",
      `--${spec.name} ${text}: not a whole number that I can write`,
      `Use 0 to ${Number.MAX_SAFE_INTEGER}.`,
    )
  })
}
