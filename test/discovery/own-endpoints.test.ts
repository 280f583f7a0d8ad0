/** Who of the listed peers is ourselves, and that no tracker can make another peer vanish by saying so. */
import { expect, test } from "vitest"
import { realNetwork, type Network } from "../../src/network.ts"
import { ask, memory, ownPort, question, start, type Asked } from "./question.ts"
import { announceOf, answering, externalIp, listing, tracker } from "./tracker-server.ts"

const named = (running: Asked) =>
  running.observations.map(({ peers }) => [...peers]).sort((a, b) => a.length - b.length)
const counts = (running: Asked) => running.source.trackers.map(({ announces }) => announces[0]?.peerCount)
const at = (host: string): Network => ({ ...realNetwork(), localHosts: () => [host] })

test("a tracker that gives an honest peer our peer id hides it from its own list only", async () => {
  const ours = "d2:ip7:9.9.9.97:peer id20:-TA0100-abcdefghijkl4:porti7ee"
  const lying = await tracker(answering(Buffer.from(`d8:intervali1800e5:peersl${ours}ee`)))
  const honest = await tracker(answering(listing(["9.9.9.9:7"])))
  const running = start(question([[announceOf(lying)], [announceOf(honest)]]))
  await running.source.settled
  await running.leave()
  expect(named(running)).toEqual([[], ["9.9.9.9:7"]])
  expect(counts(running)).toEqual([0, 1])
  expect(running.source.self).toEqual([])
})

test("a tracker's word about our address counts for its own list only", async () => {
  const honest = `9.9.9.9:${ownPort}`
  const lying = await tracker(answering(listing([honest, "10.0.0.1:6881"], externalIp("9.9.9.9"))))
  // The same machine's other URL is no second witness.
  const again = await tracker(answering(listing(["10.0.0.1:6881"], externalIp("9.9.9.9"))))
  const other = await tracker(answering(listing([honest])), "127.0.0.2")
  const running = await ask(question([[announceOf(lying), announceOf(again)], [announceOf(other)]]))
  expect(counts(running)).toEqual([1, 1, 1])
  expect(named(running)).toContainEqual([honest])
  expect(running.source.self).toEqual([])
})

test("two trackers that agree on our address are believed", async () => {
  const us = `9.9.9.9:${ownPort}`
  const servers = [
    await tracker(answering(listing([us], externalIp("9.9.9.9")))),
    await tracker(answering(listing([us], externalIp("9.9.9.9"))), "127.0.0.2"),
  ]
  const running = await ask(question([servers.map(announceOf)]))
  expect(running.source.self).toEqual([us])
})

test("an address of this machine needs no second witness", async () => {
  const server = await tracker(answering(listing(["10.0.0.1:6881"], externalIp("9.9.9.9"))))
  const running = await ask(question([[announceOf(server)]], { network: at("9.9.9.9") }))
  expect(running.source.self).toEqual([`9.9.9.9:${ownPort}`])
  const listed = await tracker(answering(listing([`9.9.9.9:${ownPort}`, "9.9.9.9:1"])))
  const second = await ask(question([[announceOf(listed)]], { network: at("9.9.9.9") }))
  expect(second.source.self).toEqual([`9.9.9.9:${ownPort}`])
  expect(named(second)).toEqual([["9.9.9.9:1"]])
})

test("an endpoint that proved to be ourselves is forgotten, here and for the next run", async () => {
  const us = `9.9.9.9:${ownPort}`
  const server = await tracker(answering(listing([us, "10.0.0.1:6881"])))
  const answers = memory()
  const running = start(question([[announceOf(server)]], { answers }))
  await running.source.settled
  expect([...answers.answers.values()]).toMatchObject([{ peers: [us, "10.0.0.1:6881"] }])
  running.source.provenSelf(us)
  running.source.provenSelf("10.0.0.99:1")
  running.source.provenSelf("nonsense")
  await running.leave()
  expect([...answers.answers.values()]).toMatchObject([
    { peers: ["10.0.0.1:6881"], announce: { peerCount: 1 }, port: ownPort },
  ])
  // The record of the reply stays what it was, and nobody else's list is cut by it.
  expect(counts(running)).toEqual([2])
  expect(running.source.self).toEqual([])
})

test("a reused answer, too, forgets who proved to be ourselves; even after the farewell", async () => {
  const us = `9.9.9.9:${ownPort}`
  const server = await tracker(answering(listing([us, "10.0.0.1:6881"])))
  const answers = memory()
  await ask(question([[announceOf(server)]], { answers }))
  const second = await ask(question([[announceOf(server)]], { answers }))
  expect(named(second)).toEqual([[us, "10.0.0.1:6881"]])
  second.source.provenSelf(us)
  const third = await ask(question([[announceOf(server)]], { answers }))
  expect(named(third)).toEqual([["10.0.0.1:6881"]])
  expect(counts(third)).toEqual([1])
  expect(server.requests.filter((url) => url.includes("event=started"))).toHaveLength(1)
})

test("proven before a later announce: its count leaves us out", async () => {
  const us = `9.9.9.9:${ownPort}`
  const first = await tracker(answering(listing(["10.0.0.1:6881"])))
  const { promise: proven, resolve: prove } = Promise.withResolvers<void>()
  const second = await tracker(
    (_, response) => void proven.then(() => response.end(listing([us, "10.0.0.2:1"]))),
  )
  const running = start(question([[announceOf(first), announceOf(second)]]))
  running.source.provenSelf(us)
  prove()
  await running.source.settled
  await running.leave()
  expect(counts(running)).toEqual([1, 1])
})

test("our former self in a reused answer is no peer: on this machine, or the only one at the port that we had", async () => {
  const former = 50_001
  const lists = {
    outside: [`9.9.9.9:${former}`, "10.0.0.1:6881"],
    here: [`127.0.0.1:${former}`, `10.0.0.1:${former}`, `10.0.0.2:${former}`],
    many: [`10.0.0.1:${former}`, `10.0.0.2:${former}`],
  }
  const seen = async (list: string[], port: number) => {
    const server = await tracker(answering(listing(list)))
    const answers = memory()
    await ask(question([[announceOf(server)]], { answers, port: former, network: at("10.9.9.9") }))
    // What another program wrote there is no matter: the list is what the tracker said then.
    for (const [key, answer] of answers.answers) answers.answers.set(key, { ...answer, peers: list })
    const again = await ask(question([[announceOf(server)]], { answers, port }))
    expect(again.source.trackers[0]?.announces[0]).toMatchObject({ reused: true })
    expect(counts(again)).toEqual([named(again)[0]?.length])
    return named(again)[0]
  }
  expect(await seen(lists.outside, ownPort)).toEqual(["10.0.0.1:6881"])
  expect(await seen(lists.here, ownPort)).toEqual([`10.0.0.1:${former}`, `10.0.0.2:${former}`])
  // A port that many have is one that people choose.
  expect(await seen(lists.many, ownPort)).toEqual(lists.many)
  // We still listen there: a dial finds out.
  expect(await seen(lists.outside, former)).toEqual(lists.outside)
})
