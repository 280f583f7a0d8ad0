import type { Announce, Evidence } from "../evidence.ts"
import { once } from "./once.ts"
import { isAsked } from "./web-seeds.ts"

type FailureCode = NonNullable<Announce["failure"]>["code"]

/** Nothing came back: with all the world silent at once, the silence is ours. */
const silence: ReadonlySet<FailureCode> = new Set(["timeout", "unreachable", "dns"])
/** We never asked. */
const unasked: ReadonlySet<FailureCode> = new Set([
  "filtered",
  "aborted",
  "unsupported",
  "not-due",
  "no-socket",
  "proxy",
  "self",
  "duplicate",
  "unknown",
  "slower",
  "no-rendezvous",
])

/** Whether an outcome shows that something answered; null when nothing was asked. A refusal is an answer too. */
export const answered = (ok: boolean, code: FailureCode | undefined): boolean | null =>
  ok || code === undefined ? true : unasked.has(code) ? null : !silence.has(code)

export interface Contacts {
  asked: number
  answers: number
}

type Contacted = Pick<Evidence, "trackers" | "dht" | "peers"> & Partial<Pick<Evidence, "webSeeds">>

/** Everybody whom we asked anything in this run, and how many of them gave any sign of life. */
export const contactsOf = once(["trackers", "dht", "peers", "webSeeds"], countContacts)

function countContacts({ trackers, dht, peers, webSeeds = [] }: Contacted): Contacts {
  const signs = [
    ...trackers.map(({ announces, scrape }) =>
      anySign(
        [
          ...announces.filter(({ reused }) => !reused),
          ...(scrape && !announces.some(({ reused }) => reused) ? [scrape] : []),
        ].map(({ ok, failure }) => answered(ok, failure?.code)),
      ),
    ),
    ...peers.map(({ attempts, stage }) =>
      stage !== "sighted" && stage !== "dialled"
        ? true
        : anySign(attempts.map(({ ok, failure }) => answered(ok, failure?.code))),
    ),
    dht === null || dht.queries === 0 ? null : dht.replies > 0,
    ...webSeeds
      .filter(isAsked)
      .map(({ attempts }) =>
        anySign(attempts.map(({ ok, status, failure }) => answered(ok || status !== null, failure?.code))),
      ),
  ].filter((sign) => sign !== null)
  return { asked: signs.length, answers: signs.filter(Boolean).length }
}

const anySign = (signs: readonly (boolean | null)[]): boolean | null => {
  const known = signs.filter((sign) => sign !== null)
  return known.length === 0 ? null : known.some(Boolean)
}

/** If everything fails at once, it is us: then nobody is accused of anything. */
export function offline(evidence: Contacted): boolean {
  const { asked, answers } = contactsOf(evidence)
  return asked > 0 && answers === 0
}
