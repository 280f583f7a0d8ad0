/** A magnet link led to metadata that is no torrent: nothing to audit, but what the run saw until then is worth keeping. */
import type { Evidence } from "../evidence.ts"
import { InputError } from "../failure.ts"

export class RefusedMetadata extends InputError {
  readonly evidence: Evidence

  constructor({ code, message, hint }: InputError, evidence: Evidence) {
    super(code, message, hint)
    this.evidence = evidence
  }
}
