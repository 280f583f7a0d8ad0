/** What an audit adds to its sentence. */
interface Said<S extends string, E extends object> {
  subject?: S
  claimed?: string | null
  measured?: string | null
  advice?: string | null
  evidence?: E
}

/** An audit's answer: about the swarm unless said otherwise, and null for all that it leaves out. */
export const finding = <V extends string, S extends string = "swarm", E extends object = object>(
  audit: string,
  verdict: V,
  because: string,
  { subject, claimed = null, measured = null, advice = null, evidence }: Said<S, E> = {},
) => ({
  audit,
  verdict,
  subject: subject ?? ("swarm" as const),
  claimed,
  measured,
  because,
  advice,
  pValue: null,
  evidence: evidence ?? {},
})
