/** The open uTP connections by the id that we receive under: hardly ever two, of different partners. */
import type { Packet } from "./codec.ts"
import type { Machine } from "./machine.ts"

export interface Remote {
  host: string
  port: number
}

export interface Entry extends Readonly<Remote> {
  readonly receiveId: number
  readonly sendId: number
  readonly machine: Machine
}

export interface Table extends Iterable<Entry> {
  readonly size: number
  add(entry: Entry): void
  remove(entry: Entry): void
  find(receiveId: number, from: Remote): Entry | undefined
  /** A RESET of who doesn't know us comes back with the id that we sent under. */
  findReset(reset: Packet, from: Remote): Entry | undefined
  /** An id that is neither id of another connection with that partner, who may be ourselves; null: none was found. */
  freshId(to: Remote, random16: () => number): number | null
}

const idTries = 100

export function createTable(): Table {
  const buckets = new Map<number, Entry[]>()
  let size = 0

  const find: Table["find"] = (receiveId, { host, port }) =>
    buckets.get(receiveId)?.find((entry) => entry.port === port && entry.host === host)

  return {
    get size() {
      return size
    },
    add(entry) {
      buckets.set(entry.receiveId, [...(buckets.get(entry.receiveId) ?? []), entry])
      size++
    },
    remove(entry) {
      const bucket = buckets.get(entry.receiveId) ?? []
      const others = bucket.filter((other) => other !== entry)
      if (others.length > 0) buckets.set(entry.receiveId, others)
      else buckets.delete(entry.receiveId)
      size -= bucket.length - others.length
    },
    find,
    findReset({ connectionId }, from) {
      const near = [-1, 1].map((step) => find((connectionId + step) & 0xffff, from))
      return find(connectionId, from) ?? near.find((entry) => entry?.sendId === connectionId)
    },
    freshId(to, random16) {
      for (let tries = 0; tries < idTries; tries++) {
        const id = random16()
        if ([id - 1, id, id + 1].every((near) => find(near & 0xffff, to) === undefined)) return id
      }
      return null
    },
    *[Symbol.iterator]() {
      for (const bucket of buckets.values()) yield* bucket
    },
  }
}
