import { expect, test } from "vitest"
import { deliveriesOf, mostShown } from "../../src/measure/deliveries.ts"
import type { Peer, Span } from "../../src/evidence.ts"
import { seededRandom } from "../../src/gather/random.ts"
import { aPeer, aSample, range } from "../support/builders.ts"

/** As it is said, and in no hurry. */
const looked = (peers: readonly Peer[], [fromMs, toMs]: Span, besides: Peer): string[] =>
  peers
    .filter(
      (peer) =>
        peer !== besides &&
        peer.samples.some(({ atMs, progress }) =>
          progress.some(([ms, bytes]) => bytes > 0 && atMs + ms > fromMs && atMs + ms < toMs),
        ),
    )
    .slice(0, mostShown)
    .map(({ address }) => address)

test.for([0, 1, 2, 7, 60])("of %i peers the same as peer by peer, at whatever moments", (count) => {
  const chance = seededRandom(`deliveries ${count}`)
  const peers = range(0, count).map((host) =>
    aPeer(host + 1, [0], {
      samples: range(0, chance.below(4)).map(() =>
        aSample(0, {
          atMs: chance.below(500),
          progress: range(0, chance.below(5)).map((n): [number, number] => [chance.below(60), n]),
        }),
      ),
    }),
  )
  const deliveries = deliveriesOf(peers)
  const nobody = aPeer(250, [0])
  for (let n = 0; n < 300; n++) {
    const fromMs = chance.below(560)
    const span: Span = [fromMs, fromMs + chance.below(80)]
    const besides = peers[chance.below(count + 1)] ?? nobody
    expect(deliveries.within(span, besides)).toEqual(looked(peers, span, besides))
  }
})
