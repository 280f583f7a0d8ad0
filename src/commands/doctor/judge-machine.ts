/** The machine's own: its clock, its limit of open files, its directories. */
import { limits, paces } from "../../limits.ts"
import type { Facts } from "./facts.ts"
import { said, words, type Judgement } from "./judging.ts"

export function ofClock({ clock }: Facts): Judgement {
  if (clock === null)
    return said(
      "untested",
      "no HTTP tracker was named",
      "Give --tracker http://… to hold the clock against its date.",
    )
  const { tracker, skewMs, plusMinusMs, failure } = clock
  const told = { tracker, skewMs, plusMinusMs, failure: failure && words(failure) }
  if (skewMs === null)
    return said(
      "untested",
      `${tracker}: ${failure ? words(failure) : "no date"}`,
      "It gave no date to hold the clock against.",
      told,
    )
  const seconds = Math.abs(skewMs) / 1_000
  const by =
    seconds < 2
      ? "right to the second or two"
      : `${seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`} ${skewMs > 0 ? "ahead" : "behind"}`
  if (Math.abs(skewMs) - plusMinusMs > limits.doctor.clockSkewMs)
    return said(
      "warning",
      `${by} of ${tracker}`,
      "Certificates of https trackers may be refused and records carry wrong times; one of the two clocks is wrong.",
      told,
    )
  return said(
    "ok",
    seconds < 2 ? by : `${by} of ${tracker}`,
    "Times in the record and certificate checks can be trusted.",
    told,
  )
}

/** What a pace may have open at once: its peers, those that dial us, and the rest. */
const neededFor = (pace: keyof typeof paces): number =>
  Math.ceil(paces[pace].sockets * 1.5) + limits.doctor.otherFiles

export function ofFiles({ files: { soft, unlimited } }: Facts): Judgement {
  const [normal, fast, lab] = [neededFor("normal"), neededFor("fast"), neededFor("lab")]
  const told = { soft, unlimited, normal, fast, lab }
  if (unlimited) return said("ok", "no limit", "Every pace has the sockets it wants.", told)
  if (soft === null)
    return said(
      "untested",
      "limit not known here",
      `Pace normal needs ${normal} open files, fast ${fast}.`,
      told,
    )
  if (soft < normal)
    return said(
      "problem",
      `at most ${soft}`,
      `Pace normal needs ${normal}: raise it with \`ulimit -n\`, or use --pace polite.`,
      told,
    )
  if (soft < fast)
    return said(
      "warning",
      `at most ${soft}`,
      `Enough for pace normal, but fast needs ${fast}: \`ulimit -n\`.`,
      told,
    )
  return said(
    "ok",
    `at most ${soft}`,
    soft < lab ? `Enough for pace fast; lab would need ${lab}.` : "Enough for every pace.",
    told,
  )
}

export function ofDirectories({ directories }: Facts): Judgement {
  const failed = directories.filter(({ failure }) => failure !== null)
  const told = { directories: directories.map((each) => ({ ...each })) }
  if (failed.length === 0)
    return said(
      "ok",
      `${directories.map(({ what }) => what).join(" and ")} can be written`,
      "Trackers' answers and DHT nodes are kept for the next run.",
      told,
    )
  return said(
    "warning",
    failed.map(({ what, path, failure }) => `${what} ${path}: ${failure}`).join("; "),
    "Nothing is kept between runs: a second audit may ask a tracker sooner than it allows, and the DHT starts from nothing.",
    told,
  )
}
