import { expect, test } from "vitest"
import { formatError } from "../../src/render/errors.ts"

const error = { code: "no-file", message: "no such file: repotr", hint: "Did you mean command `report`?" }

test("an error is a code, a sentence and the next step", () => {
  expect(formatError(error, { color: false })).toBe(
    "error[no-file]: no such file: repotr\n  hint: Did you mean command `report`?\n",
  )
})

test("without a hint there is no hint line", () => {
  expect(formatError({ ...error, hint: "" }, { color: false })).toBe("error[no-file]: no such file: repotr\n")
})

test("a file name can't speak to the terminal", () => {
  const message = "no such file: \u001b[2J\u202eexe"
  expect(formatError({ ...error, message }, { color: true })).toBe(
    "\u001b[1m\u001b[31merror[no-file]:\u001b[39m\u001b[22m no such file: ·[2J·exe\n" +
      "  \u001b[1mhint:\u001b[22m Did you mean command `report`?\n",
  )
})
