import { expect, test } from "vitest"
import { isForeground } from "../../src/commands/shown/foreground.ts"

/** pid (name) state ppid pgrp session tty_nr tpgid … */
const stat = (name: string, group: number, foreground: number) => () =>
  `4711 (${name}) S 4242 ${group} 4242 34816 ${foreground} 4194304 0 0`

test.for([
  ["node", 4711, 4711, true],
  ["node", 4711, 4242, false],
  ["a ) 1 2 3 (b", 4711, 4711, true],
  ["a ) 1 2 3 (b", 4711, 4242, false],
  // No terminal at all.
  ["node", 4711, -1, true],
] as const)("%s, group %d, in front %d: %s", ([name, group, foreground, is]) => {
  expect(isForeground(stat(name, group, foreground))).toBe(is)
})

test("where there is no /proc, and where it is garbage", () => {
  const missing = () => {
    throw new Error("ENOENT")
  }
  expect([isForeground(missing), isForeground(() => ""), isForeground(() => "4711 (node) S")]).toEqual([
    true,
    true,
    true,
  ])
})
