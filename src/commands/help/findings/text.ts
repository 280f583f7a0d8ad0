/** What `help <finding>` says about one audit. */
export interface FindingHelp {
  /** What it says about the swarm. */
  readonly means: string
  /** How it is told. */
  readonly tested: string
  /** When it accuses nobody, and why. */
  readonly spares: string
  /** What to do about it. */
  readonly advice: string
}

export type FindingHelps = Readonly<Record<string, FindingHelp>>
