/** Lookups in DHTs of any size, as a run records them. */
import type { Dht, DhtNode } from "../../../src/evidence.ts"
import { aDht, aDhtLookup, aDhtNode } from "../../support/builders.ts"

const bits = 160n
const closest = 16

export interface World {
  /** Answering nodes in the DHT. */
  size: number
  random: () => number
  /** At random when left out. */
  key?: bigint
  /** Lookups of random keys. */
  neighbourhoods: number
  /** The chance that a lookup of a random key misses a node. */
  missed?: number
  /** The chance that the key's own lookup misses its farthest node, the nearest never. */
  missedFar?: number
  /** The share of nodes whose ids don't fit their address. */
  unfit?: number
  /** Nodes of an attacker: share of the id space from the key, and where they live. */
  sybils?: { count: number; within: number; fits?: boolean; addressOf?: (i: number) => string }
}

export const randomId = (random: () => number): bigint => {
  let id = 0n
  for (let i = 0; i < 5; i++) id = (id << 32n) | BigInt(Math.floor(random() * 2 ** 32))
  return id
}

const hex = (id: bigint): string => id.toString(16).padStart(40, "0")

/** Distances to the nearest of `size` uniform ids, ascending: order statistics, one after the other. */
function distances(size: number, most: number, random: () => number): number[] {
  const found: number[] = []
  let last = 0
  for (let left = size; left > 0 && found.length < most; left--) {
    last += (1 - last) * -Math.expm1(Math.log1p(-random()) / left)
    found.push(last)
  }
  return found
}

/** In small DHTs the same nodes are next to many keys; in large ones never. */
const listedBelow = 5_000

export function simulate(world: World): Dht {
  const { size, random, neighbourhoods, missed = 0, missedFar = 0, unfit = 0.4, sybils } = world
  const nodes = new Map<string, DhtNode>()
  // Their first 32 bits, which tell who is near; the rest is made up for the few that are.
  const inhabitants = size < listedBelow ? Uint32Array.from({ length: size }, () => random() * 2 ** 32) : null
  const listed = new Map<number, { id: bigint; address: string }>()

  function inhabitant(first: number): { id: bigint; address: string } {
    const known = listed.get(first)
    if (known) return known
    const id = (BigInt(first) << 128n) | (randomId(random) >> 32n)
    const made = { id, address: anAddress(random) }
    listed.set(first, made)
    return made
  }

  const nearestTo = (target: bigint, most: number): { id: bigint; address: string }[] => {
    if (!inhabitants)
      return distances(size, most, random).map((far) => ({
        id: target ^ BigInt(Math.floor(far * 2 ** Number(bits))),
        address: anAddress(random),
      }))
    const key = Number(target >> 128n)
    const near = inhabitants
      .filter((first) => (first ^ key) >>> 0 < (2 ** 32 * 2 * most) / size)
      .sort((a, b) => ((a ^ key) >>> 0) - ((b ^ key) >>> 0))
    return Array.from(near.subarray(0, most), inhabitant)
  }

  function lookup(purpose: "peers" | "neighbourhood", target: bigint) {
    const own = purpose === "peers"
    const mayMiss = own ? missedFar > 0 : missed > 0
    const honest = nearestTo(target, mayMiss ? 3 * closest : closest).filter(
      (_, i) => random() >= (own ? (missedFar * Math.min(i, closest)) / closest : missed),
    )
    const planted = own && sybils ? placed(sybils, target, random) : []
    const found = [...honest, ...planted]
      .toSorted((a, b) => ((a.id ^ target) < (b.id ^ target) ? -1 : 1))
      .slice(0, closest)
    for (const node of found) {
      const idFits = planted.includes(node) ? (sybils?.fits ?? false) : random() >= unfit
      if (!nodes.has(node.address))
        nodes.set(node.address, aDhtNode(node.address, { id: hex(node.id), idFits }))
    }
    return aDhtLookup({
      purpose,
      target: hex(target),
      closest: found.map(({ address, id }) => ({ address, id: hex(id) })),
    })
  }

  const lookups = [
    lookup("peers", world.key ?? randomId(random)),
    ...Array.from({ length: neighbourhoods }, () => lookup("neighbourhood", randomId(random))),
  ]
  return aDht({ lookups, nodes: [...nodes.values()] })
}

const placed = (
  { count, within, addressOf }: NonNullable<World["sybils"]>,
  target: bigint,
  random: () => number,
) =>
  Array.from({ length: count }, (_, i) => ({
    id: target ^ BigInt(Math.floor(random() * within * 2 ** Number(bits))),
    address: addressOf?.(i) ?? anAddress(random),
  }))

/** Of 240/4, which is reserved: nobody's, and taken for as many networks as the Internet has. */
function anAddress(random: () => number): string {
  const byte = (from: number, below: number) => from + Math.floor(random() * (below - from))
  return `${byte(240, 255)}.${byte(0, 256)}.${byte(0, 256)}.${byte(1, 255)}:6881`
}
