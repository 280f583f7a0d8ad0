/** Dinic's algorithm on real-valued capacities. E. A. Dinic 1970. */
export interface FlowNetwork {
  /** Returns the edge, for `setCapacity`. */
  edge(from: number, to: number, capacity: number): number
  setCapacity(edge: number, capacity: number): void
  /** From scratch, each time. */
  maximum(source: number, sink: number): number
  /** After `maximum`: whether the source could still send there. Those that it can't are behind a minimum cut. */
  reached(node: number): boolean
}

/** Of the largest capacity: less is rounding. */
const rounding = 1e-12

export function flowNetwork(nodes: number): FlowNetwork {
  /** Edge 2e leads where it was told, 2e + 1 back. */
  const target: number[] = []
  const capacity: number[] = []
  const leaving: number[][] = Array.from({ length: nodes }, () => [])
  const level = new Int32Array(nodes)
  const next = new Int32Array(nodes)
  let left = new Float64Array()
  let least = 0

  function findLevels(source: number): void {
    level.fill(-1)
    level[source] = 0
    const queue = [source]
    for (const node of queue) {
      for (const edge of leaving[node] ?? []) {
        const to = target[edge] ?? 0
        if ((left[edge] ?? 0) <= least || level[to] !== -1) continue
        level[to] = (level[node] ?? 0) + 1
        queue.push(to)
      }
    }
  }

  function push(node: number, sink: number, most: number): number {
    if (node === sink) return most
    const edges = leaving[node] ?? []
    let pushed = 0
    for (let at = next[node] ?? 0; at < edges.length; at++) {
      next[node] = at
      const edge = edges[at] ?? 0
      const to = target[edge] ?? 0
      const room = Math.min(most - pushed, left[edge] ?? 0)
      if (room <= least || level[to] !== (level[node] ?? 0) + 1) continue
      const part = push(to, sink, room)
      left[edge] = (left[edge] ?? 0) - part
      left[edge ^ 1] = (left[edge ^ 1] ?? 0) + part
      pushed += part
      if (most - pushed <= least) return pushed
    }
    next[node] = edges.length
    return pushed
  }

  return {
    edge(from, to, most) {
      const edge = target.length
      target.push(to, from)
      capacity.push(most, 0)
      leaving[from]?.push(edge)
      leaving[to]?.push(edge + 1)
      return edge
    },
    setCapacity(edge, most) {
      capacity[edge] = most
    },
    maximum(source, sink) {
      left = Float64Array.from(capacity)
      least = rounding * capacity.reduce((most, each) => (each < Infinity ? Math.max(most, each) : most), 0)
      let total = 0
      for (;;) {
        findLevels(source)
        if (level[sink] === -1) return total
        next.fill(0)
        const pushed = push(source, sink, Infinity)
        if (pushed <= least) return total
        total += pushed
      }
    },
    reached: (node) => level[node] !== -1,
  }
}
