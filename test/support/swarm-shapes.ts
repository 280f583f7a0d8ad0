/** Made-up swarms of any size, each of a shape that some measure or audit could be slow at: what the growth of `judge` is measured with. */
import type { Evidence } from "../../src/evidence.ts"
import { aWrongSample, range } from "./builders.ts"
import {
  addressOf,
  peerIdOf,
  peersOf,
  swarmOf,
  usual,
  firstPieces,
  sampled,
  scatteredBits,
  gaining,
  silentTwice,
} from "./made-up-swarm.ts"
import { toldShapes } from "./told-shapes.ts"

/** By name: a swarm of so many peers. */
export const shapes = {
  ...toldShapes,
  /** Depth `handshake`: claims and nothing more. */
  claims: (size) => {
    const whole = swarmOf(peersOf(size, usual), usual)
    return { ...whole, run: { ...whole.run, depth: "handshake" } }
  },
  /** One verified piece each. */
  samples: (size) => swarmOf(peersOf(size, usual, sampled), usual),
  /** Each its own rate and its own bitfield, in no order. */
  scattered: (size) =>
    swarmOf(
      peersOf(size, usual, (n, count) => ({
        ...sampled(n, count),
        ...(count > 0 && count < usual && scatteredBits(n, count)),
      })),
      usual,
    ),
  /** Every peer failed to send what it claims, or sent it wrong. */
  liars: (size) =>
    swarmOf(
      peersOf(size, usual, (n, count) =>
        count === 0 ? {} : { samples: [aWrongSample(n % Math.min(count, 50))], outcome: "bad-data" },
      ),
      usual,
    ),
  /** Leechers that told of 200 bursts. */
  haves: (size) =>
    swarmOf(
      peersOf(size, usual, (n, count) => gaining(n, n, count, 200)),
      usual,
    ),
  /** Leechers that gain as one. */
  lockstep: (size) =>
    swarmOf(
      peersOf(
        size,
        usual,
        (n, count) =>
          count === 0 || count === usual ? {} : { ...gaining(7, n, 500, 40), ...firstPieces(500) },
        false,
      ),
      usual,
    ),
  /** Fifty to a host. */
  hosts: (size) =>
    swarmOf(
      peersOf(size, usual, (n, count) => ({
        ...sampled(n, count),
        address: addressOf(Math.floor(n / 50), 2_000 + (n % 50)),
      })),
      usual,
    ),
  /** All on one host. */
  "one-host": (size) =>
    swarmOf(
      peersOf(size, usual, (n, count) => ({ ...sampled(n, count), address: addressOf(0, 2_000 + n) })),
      usual,
    ),
  /** Three ids for everybody. */
  ids: (size) =>
    swarmOf(
      peersOf(size, usual, (n, count) =>
        count === 0 ? {} : { ...sampled(n, count), peerId: peerIdOf(n % 3) },
      ),
      usual,
    ),
  /** 15,000 pieces. */
  pieces: (size) => swarmOf(peersOf(size, 15_000, sampled), 15_000),
  /** A thousand trials of who slows whom. */
  trials: (size) => {
    const whole = swarmOf(peersOf(size, usual, sampled), usual)
    return {
      ...whole,
      run: {
        ...whole.run,
        trials: range(0, Math.min(1_000, size)).map((n) => ({
          between: n % 2 === 0 ? ("hosts" as const) : ("neighbours" as const),
          peers: [addressOf((n * 3) % size), addressOf((n * 3 + 4) % size)],
          togetherMs: [1_000 + n, 3_000 + n] as [number, number],
          aloneMs: [3_000 + n, 5_000 + n] as [number, number],
        })),
      },
    }
  },
  /** Leechers that gain pieces, and of whom each sent some. */
  growing: (size) =>
    swarmOf(
      peersOf(size, usual, (n, count) => ({ ...sampled(n, count), ...gaining(n, n, count, 20) })),
      usual,
    ),
  /** Two of three unchoke us and send nothing, twice. */
  mute: (size) =>
    swarmOf(
      peersOf(size, usual, (n, count) => (n % 3 === 0 ? sampled(n, count) : count > 0 ? silentTwice(n) : {})),
      usual,
    ),
} satisfies Record<string, (size: number) => Evidence>

export type Shape = keyof typeof shapes
