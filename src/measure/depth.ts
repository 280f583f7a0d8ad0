import type { Depth } from "../evidence.ts"

export const takesPieces = (depth: Depth): boolean => depth === "sample" || depth === "full"

/** Why there is nothing to say about pieces when none came whole. */
export const whyNoPieces = (depth: Depth): string =>
  takesPieces(depth) ? "no peer sent a whole piece" : `depth ${depth} takes no pieces`
