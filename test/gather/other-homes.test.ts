/** Two addresses of one peer, by its peer id: which entry is whose. */
import { expect, it } from "vitest"
import { succeed } from "../../src/failure.ts"
import { newEntry, type Entry } from "../../src/gather/peer-book.ts"
import { createVisits } from "../../src/gather/visits.ts"
import { limits, paces } from "../../src/limits.ts"
import { createRecord } from "../../src/wire/record.ts"
import type { Session } from "../../src/wire/session.ts"
import { virtualClock } from "../wire/virtual-clock.ts"

const { maxOtherHomes } = limits.peer

function stage() {
  const visits = createVisits({
    network: virtualClock().network as never,
    signal: new AbortController().signal,
    depth: "handshake",
    pace: paces.normal,
    pieceCount: 1,
    now: () => 0,
    pex: { introduce() {}, listenTo: () => Promise.resolve() },
    crowded: () => false,
    awaited: () => false,
    wantedElsewhere: () => false,
    sample: () => Promise.resolve(),
  })
  return {
    meet: async (address: string, peerId: string, entry = newEntry(address)): Promise<Entry> => {
      const record = {
        ...createRecord({ transport: "tcp", encryption: "none" }, 0, 1),
        handshakeMs: 1,
        peerId,
        end: { code: "closed", detail: null } as const,
      }
      const session = {
        record,
        handshaken: Promise.resolve(succeed(undefined)),
        claimed: Promise.resolve(true),
        ended: Promise.resolve(record.end),
        close() {},
      } as unknown as Session
      await visits.visit(entry, session)
      return entry
    },
  }
}

it("the later one is the earlier one's, of the other family alone", async () => {
  const { meet } = stage()
  const first = await meet("20.0.0.1:1", "x")
  const second = await meet("[2a00::1]:1", "x")
  const third = await meet("20.0.0.2:1", "x")
  expect([first.sameAs, second.sameAs, third.sameAs]).toEqual([null, first, null])
})

it("one peer id at thousands of addresses is not one peer with thousands of them", async () => {
  const { meet } = stage()
  const first = await meet("20.0.0.1:1", "x")
  const others: Entry[] = []
  for (let index = 1; index <= 2 * maxOtherHomes; index++)
    others.push(await meet(`[2a00::${index.toString(16)}]:1`, "x"))
  expect(others.filter(({ sameAs }) => sameAs === first)).toHaveLength(maxOtherHomes)
  expect(others.filter(({ sameAs }) => sameAs === null)).toHaveLength(maxOtherHomes)
})

it("who has another address keeps it, although it turns up under a third one's peer id", async () => {
  const { meet } = stage()
  const first = await meet("20.0.0.1:1", "x")
  const second = await meet("[2a00::1]:1", "x")
  await meet("[2a00::2]:1", "y")
  await meet("20.0.0.1:1", "y", first)
  expect([first.sameAs, second.sameAs]).toEqual([null, first])
})
