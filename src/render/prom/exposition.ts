/** The Prometheus text format: base units, no timestamps; what was not measured has no sample, and a family without samples is not there. */
import { escape } from "../text.ts"

export interface Sample {
  labels?: Record<string, string>
  value: number | null
}

export interface Family<T> {
  /** Without the prefix that all have. */
  name: string
  help: string
  samples: (of: T) => readonly Sample[]
}

/** What samples are taken of; its labels stand before their own. */
export interface Labelled<T> {
  labels: Record<string, string>
  of: T
}

export const one = (value: number | null | undefined): readonly Sample[] => [{ value: value ?? null }]

export const exposition = <T>(families: readonly Family<T>[], all: readonly Labelled<T>[]): string =>
  families.map((family) => written(family, all)).join("")

function written<T>({ name, help, samples }: Family<T>, all: readonly Labelled<T>[]): string {
  const lines = all.flatMap(({ labels, of }) =>
    samples(of).flatMap((sample) =>
      sample.value === null
        ? []
        : [`torrent_audit_${name}${labelled({ ...labels, ...sample.labels })} ${sample.value}\n`],
    ),
  )
  const head = `# HELP torrent_audit_${name} ${help}\n# TYPE torrent_audit_${name} gauge\n`
  return lines.length === 0 ? "" : head + lines.join("")
}

export const secondsOf = (at: string | null | undefined): number | null =>
  at == null ? null : Date.parse(at) / 1_000

function labelled(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`
}

/** Nothing in it to make safe, as in all labels but a name: a fleet has hundreds of thousands. */
const plain = /^[\x20-\x7e]{0,1000}$/

/** No line break is left by `escape`. */
const escaped = (value: string): string =>
  (plain.test(value) ? value : escape(value)).replaceAll("\\", "\\\\").replaceAll('"', '\\"')
