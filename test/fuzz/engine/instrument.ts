/** JavaScript → the same with a counter in every branch, on the same lines. */
import { parseSync } from "rolldown/utils"

export interface Instrumented {
  code: string
  /** Counters put in, numbered from `first`. */
  blocks: number
  /** Literals that the code compares its input with: words for mutations. */
  words: string[]
}

interface Node {
  type: string
  start: number
  end: number
  [key: string]: unknown
}

interface Insertion {
  at: number
  text: string
}

/** The global array of counters, which instrumented code counts in. */
export const countersName = "__fuzzBlocks"

export function instrument(source: string, name: string, first: number): Instrumented {
  const { program, errors } = parseSync(name, source)
  if (errors.length > 0) throw new Error(`${name}: ${errors[0]?.message}`)
  const insertions: Insertion[] = []
  const words = new Set<string>()
  let blocks = 0
  const insert = (at: number, text: string) => insertions.push({ at, text })
  const count = () => `${countersName}[${first + blocks++}]++`

  /** Outer starts come before inner ones and inner ends before outer ones, so that a stable sort by place nests them. */
  const around = (node: Node, before: string, after: string) => {
    insert(node.start, before)
    visit(node)
    insert(node.end, after)
  }
  const expression = (node: unknown) => isNode(node) && around(node, `(${count()},`, ")")
  const statement = (node: unknown) => {
    if (!isNode(node)) return
    if (node.type === "BlockStatement") visit(node)
    else around(node, `{${count()};`, "}")
  }
  const rest = (node: Node, ...done: string[]) => {
    for (const [key, value] of Object.entries(node)) if (!done.includes(key)) visitAny(value)
  }
  const visitAny = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visitAny)
    else if (isNode(value)) visit(value)
  }

  function visit(node: Node): void {
    noteWords(node, words)
    switch (node.type) {
      case "BlockStatement":
        insert(node.start + 1, `${count()};`)
        return rest(node)
      case "IfStatement":
        visitAny(node["test"])
        statement(node["consequent"])
        if (node["alternate"]) statement(node["alternate"])
        else insert(node.end, ` else ${count()};`)
        return undefined
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
      case "WhileStatement":
      case "DoWhileStatement":
        rest(node, "body")
        return statement(node["body"])
      case "SwitchCase": {
        const [head] = node["consequent"] as Node[]
        visitAny(node["test"])
        if (head) insert(head.start, `${count()};`)
        return rest(node, "test")
      }
      case "ConditionalExpression":
        visitAny(node["test"])
        expression(node["consequent"])
        expression(node["alternate"])
        return undefined
      case "LogicalExpression":
        visitAny(node["left"])
        expression(node["right"])
        return undefined
      case "ArrowFunctionExpression": {
        const body = node["body"]
        rest(node, "body")
        if (isNode(body) && body.type !== "BlockStatement") expression(body)
        else visitAny(body)
        return undefined
      }
      default:
        return rest(node)
    }
  }

  visit(program as unknown as Node)
  return { code: inserted(source, insertions), blocks, words: [...words] }
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string"

function inserted(source: string, insertions: Insertion[]): string {
  const ordered = insertions.toSorted((one, other) => one.at - other.at)
  let code = ""
  let from = 0
  for (const { at, text } of ordered) {
    code += source.slice(from, at) + text
    from = at
  }
  return code + source.slice(from)
}

/** Longer ones are sentences for people. */
const maxWordLength = 24

function noteWords(node: Node, words: Set<string>): void {
  const note = (value: unknown) => {
    if (!isNode(value) || value.type !== "Literal" || typeof value["value"] !== "string") return
    if (value["value"].length > 1 && value["value"].length <= maxWordLength) words.add(value["value"])
  }
  if (node.type === "BinaryExpression") [node["left"], node["right"]].forEach(note)
  else if (node.type === "SwitchCase") note(node["test"])
  else if (node.type === "CallExpression" && (node["callee"] as Node).type === "MemberExpression")
    (node["arguments"] as unknown[]).forEach(note)
}
