/** A network with its own time: nothing waits, and every datagram has a known second. Only what a UDP tracker needs. */
import { succeed, type Failure } from "../../src/failure.ts"
import type { Network } from "../../src/network.ts"

type Respond = (
  request: Buffer,
  atMs: number,
) => { afterMs: number; data: Uint8Array; from?: { host: string; port: number } }[]

export const trackerAddress = { host: "192.0.2.1", port: 6969 }

export function virtualNetwork(respond: Respond) {
  const timers: { atMs: number; fire: () => void }[] = []
  let nowMs = 0
  let next = 1
  const sent: { second: number; data: Buffer }[] = []
  let onError: (why: Failure) => void = () => {}

  const at = (atMs: number, fire: () => void) => {
    const timer = { atMs, fire }
    timers.push(timer)
    return () => {
      const index = timers.indexOf(timer)
      if (index >= 0) timers.splice(index, 1)
    }
  }
  const unused = () => Promise.reject(new Error("not part of this test"))

  const network: Network = {
    connect: unused,
    listen: unused,
    resolve: unused,
    http: unused,
    webSocket: unused,
    multicast: unused,
    localHosts: () => [],
    now: () => nowMs,
    date: () => new Date(nowMs),
    randomBytes(count) {
      const bytes = Buffer.alloc(count)
      bytes.writeUInt32BE(next++, count - 4)
      return bytes
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve()
        const cancel = at(nowMs + ms, resolve)
        signal.addEventListener(
          "abort",
          () => {
            cancel()
            resolve()
          },
          { once: true },
        )
      }),
    after: (ms, ring) => at(nowMs + ms, ring),
    datagrams(_family, onMessage, onFailure) {
      onError = onFailure
      return Promise.resolve(
        succeed({
          port: 1,
          send(data) {
            sent.push({ second: nowMs / 1000, data: Buffer.from(data) })
            for (const { afterMs, data: reply, from } of respond(Buffer.from(data), nowMs)) {
              at(nowMs + afterMs, () => onMessage(reply, from ?? trackerAddress))
            }
            return Promise.resolve(succeed(undefined))
          },
          close() {},
        }),
      )
    },
  }

  /** Lets time jump from event to event until `work` is done. */
  async function until<T>(work: Promise<T>): Promise<T> {
    const settled = Symbol("settled")
    const done = work.then(() => settled)
    for (;;) {
      const turn = new Promise((resolve) => setImmediate(resolve))
      if ((await Promise.race([done, turn])) === settled) return work
      timers.sort((a, b) => a.atMs - b.atMs)
      const timer = timers.shift()
      if (!timer) throw new Error("nothing left to happen")
      nowMs = timer.atMs
      timer.fire()
    }
  }

  return { network, sent, until, fail: (why: Failure) => onError(why), pass: (ms: number) => (nowMs += ms) }
}
