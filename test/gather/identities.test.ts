/** One peer at several addresses. */
import { expect, it } from "vitest"
import { createIdentities } from "../../src/gather/identities.ts"
import { newEntry, type Entry } from "../../src/gather/peer-book.ts"
import { createRecord } from "../../src/wire/record.ts"

const [one, other] = ["aa".repeat(20), "bb".repeat(20)]

function met(address: string, ...peerIds: readonly string[]): Entry {
  const entry = newEntry(address)
  for (const peerId of peerIds)
    entry.visits.push({
      ...createRecord({ transport: "tcp", encryption: "none" }, 0, 1),
      handshakeMs: 1,
      peerId,
    })
  return entry
}

it("is found by its peer id in the other family, and at its host", () => {
  const identities = createIdentities()
  const [four, six] = [met("20.0.0.1:1", one), met("[2600::1]:2", one)]
  for (const entry of [four, six]) identities.note(entry)
  expect(identities.in("ipv4", one)).toBe(four)
  expect(identities.in("ipv6", one)).toBe(six)
  expect(identities.at("20.0.0.1", one)).toBe(four)
  expect(identities.at("20.0.0.2", one)).toBeNull()
  expect(identities.in("ipv6", other)).toBeNull()
})

it("is whom its last handshake says", () => {
  const identities = createIdentities()
  const entry = met("20.0.0.1:1", one)
  identities.note(entry)
  entry.visits.push(...met("20.0.0.1:1", other).visits)
  identities.note(entry)
  expect(identities.at("20.0.0.1", one)).toBeNull()
  expect(identities.at("20.0.0.1", other)).toBe(entry)
})

it("is not paired with who has a namesake already", () => {
  const identities = createIdentities()
  const second = met("[2600::1]:2", one)
  second.namesake = met("20.0.0.1:1", one)
  identities.note(second)
  expect(identities.in("ipv6", one)).toBeNull()
  expect(identities.at("2600::1", one)).toBe(second)
})

it("and an address that never shook hands is nobody", () => {
  const identities = createIdentities()
  identities.note(newEntry("20.0.0.1:1"))
  expect(identities.at("20.0.0.1", "")).toBeNull()
})
