/** A handshake as a pure state machine: bytes in, bytes out, an outcome. It knows no socket and no clock. */
import type { Attempt } from "../../evidence.ts"
import type { Outcome } from "../../failure.ts"
import { createInbox, type Inbox } from "./inbox.ts"
import type { Ciphers } from "./secrets.ts"

/** What both sides hold to once the handshake is over. */
export interface Agreement {
  encryption: Attempt["encryption"]
  /** Null: what follows is in the clear. */
  ciphers: Ciphers | null
  /** In the clear: what came after the handshake, or within it (IA). */
  early: Uint8Array
  /** Bytes that belonged to the handshake alone. */
  overhead: { read: number; written: number }
}

/** What a side concludes; `payload` is IA. The rest of an agreement is counted. */
export interface Conclusion extends Pick<Agreement, "encryption" | "ciphers"> {
  payload: Uint8Array
}

export interface Desk {
  readonly inbox: Inbox
  send: (...parts: Uint8Array[]) => void
  /** What may explain it if the other side now closes. */
  note: (detail: string) => void
}

/** One side's steps as they follow one another. It yields how many bytes must lie in the inbox before it can go on. */
export type Steps = Generator<number, Outcome<Conclusion>, void>

export interface Handshake {
  /** What stands to be sent since the last call. */
  outgoing(): Uint8Array[]
  receive(bytes: Uint8Array): void
  /** Null: it goes on. */
  readonly outcome: Outcome<Agreement> | null
  readonly note: string | null
}

export function createHandshake(begin: (desk: Desk) => Steps): Handshake {
  const inbox = createInbox()
  let unsent: Uint8Array[] = []
  const total = { read: 0, written: 0 }
  let wanted = 0
  let outcome: Outcome<Agreement> | null = null
  let note: string | null = null
  const steps = begin({
    inbox,
    send(...parts) {
      for (const part of parts) total.written += part.length
      unsent.push(...parts)
    },
    note(detail) {
      note = detail
    },
  })

  function proceed(): void {
    while (outcome === null && inbox.length >= wanted) {
      const step = steps.next()
      if (step.done !== true) wanted = step.value
      else outcome = step.value.ok ? { ok: true, value: agreed(step.value.value) } : step.value
    }
  }

  function agreed({ encryption, ciphers, payload }: Conclusion): Agreement {
    const rest = inbox.take(inbox.length)
    ciphers?.decrypt(rest)
    const early = Buffer.concat([payload, rest])
    return { encryption, ciphers, early, overhead: { ...total, read: total.read - early.length } }
  }

  proceed()
  return {
    outgoing() {
      const sent = unsent
      unsent = []
      return sent
    },
    receive(bytes) {
      if (outcome !== null) return
      total.read += bytes.length
      inbox.put(bytes)
      proceed()
    },
    get outcome() {
      return outcome
    },
    get note() {
      return note
    },
  }
}
